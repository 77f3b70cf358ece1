import pytest

from backend.money import Money


@pytest.mark.parametrize(
    ("text", "cents"),
    [("0", 0), ("7", 700), ("12.3", 1230), ("12.30", 1230), (" 99.99 ", 9999)],
)
def test_parse(text, cents):
    assert Money.parse(text) == Money(cents)


@pytest.mark.parametrize("text", ["", "-1", "1.234", "1,50", "ten"])
def test_parse_refuses(text):
    with pytest.raises(ValueError, match="not an amount"):
        Money.parse(text)


def test_sum():
    assert Money(150) + Money(75) == Money(225)


def test_text_has_two_decimals():
    assert str(Money(1205)) == "12.05"
