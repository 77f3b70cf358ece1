import pytest

from webshop.orders import parse, reference


def test_there_and_back():
    assert parse(reference(4711)) == 4711


def test_a_wrong_check_digit_is_refused():
    with pytest.raises(ValueError, match="T047110"):
        parse("T047110")
