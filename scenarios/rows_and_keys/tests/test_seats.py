import pytest

from boxoffice.seats import parse, price


@pytest.mark.parametrize(("seat", "read"), [("A1", ("A", 1)), ("C10", ("C", 10)), ("H12", ("H", 12))])
def test_seats_are_read(seat, read):
    assert parse(seat) == read


@pytest.mark.parametrize("seat", ["", "A", "A0", "A13", "J1", "a1", "AB1", "1A", "A-1", "A 1"])
def test_others_are_refused(seat):
    with pytest.raises(ValueError, match="no seat"):
        parse(seat)


@pytest.mark.parametrize(("seat", "cents"), [("A1", 3200), ("B12", 3200), ("C1", 2100), ("G7", 2100), ("H3", 900)])
def test_prices(seat, cents):
    assert price(seat) == cents
