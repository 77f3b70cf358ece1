import pytest

from webshop.text import shown


@pytest.mark.parametrize(("cents", "text"), [(5, "0,05 €"), (1234, "12,34 €")])
def test_amounts(cents, text):
    assert shown(cents) == text
