import pytest

from webshop.orders import reference


@pytest.mark.parametrize(("number", "text"), [(1, "T000011"), (98765, "T987655")])
def test_with_a_check_digit(number, text):
    assert reference(number) == text
