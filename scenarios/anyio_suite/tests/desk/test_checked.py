import pytest

from depot.desk import checked


@pytest.mark.parametrize(("number", "digits"), [("11", "11"), ("1 23 6", "1236"), ("9 9 8", "998"), ("00", "00")])
def test_checked(number, digits):
    assert checked(number) == digits
