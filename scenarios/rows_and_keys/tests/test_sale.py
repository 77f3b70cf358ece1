import pytest

from boxoffice.sale import sell


def test_two_seats_are_sold(orders, holds):
    assert sell(orders, holds, "lear", ["C4", "C5"]) == 4200
    assert orders.sold("lear") == 2


def test_no_such_seat_is_not_sold(orders, holds):
    with pytest.raises(ValueError, match="no seat"):
        sell(orders, holds, "cymbeline", ["C4", "Z1"])
    assert not holds.taken("cymbeline", "C4")
