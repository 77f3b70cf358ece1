import pytest

from books.statements import Line, cents, parse


@pytest.mark.parametrize(("amount", "expected"), [("12", 1200), ("12.50", 1250), ("0.05", 5), ("007", 700)])
def test_cents(amount, expected):
    assert cents(amount) == expected


@pytest.mark.parametrize("amount", ["", "12.5", "-1", "1,50", "1.500"])
def test_no_amount(amount):
    with pytest.raises(ValueError, match="no amount"):
        cents(amount)


def test_parse():
    assert parse("2024-05-01;Fees ; members;12.50") == Line("2024-05-01", "Fees", "members", 1250)


@pytest.mark.parametrize("text", ["", "2024-05-01", "a;b;c", "a;b;c;1;2"])
def test_not_a_line(text):
    with pytest.raises(ValueError, match="unpack"):
        parse(text)
