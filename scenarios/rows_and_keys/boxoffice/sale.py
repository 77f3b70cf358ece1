from __future__ import annotations

from collections.abc import Sequence

from boxoffice.holds import Holds
from boxoffice.orders import Orders
from boxoffice.seats import price


def sell(orders: Orders, holds: Holds, show: str, seats: Sequence[str]) -> int:
    """Sell `seats` for good; return what they cost, in cents."""
    cents = sum(price(seat) for seat in seats)
    for seat in seats:
        if holds.taken(show, seat):
            raise ValueError(f"seat {seat} is taken")
    orders.add(show, len(seats), cents)
    orders.connection.commit()
    for seat in seats:
        holds.take(show, seat)
    return cents
