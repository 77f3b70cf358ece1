import pytest

from lockers.numbers import neighbours, number


@pytest.mark.parametrize(("row", "place", "expected"), [("A", 1, "A01"), ("F", 24, "F24"), ("C", 10, "C10")])
def test_number(row, place, expected):
    assert number(row, place) == expected


@pytest.mark.parametrize(("row", "place"), [("A", 0), ("A", 25), ("G", 1), ("", 1), ("AB", 1)])
def test_no_such_locker(row, place):
    with pytest.raises(ValueError, match="no locker"):
        number(row, place)


@pytest.mark.parametrize(("locker", "near"), [("A01", ["A02"]), ("A24", ["A23"]), ("B10", ["B09", "B11"])])
def test_neighbours(locker, near):
    assert neighbours(locker) == near
