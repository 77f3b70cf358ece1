"""What a meter shows."""

from __future__ import annotations

ROLLOVER = 100_000


def used(before: int, after: int) -> int:
    """Cubic metres between two readings; a meter starts again at nothing after 99999."""
    if not (0 <= before < ROLLOVER and 0 <= after < ROLLOVER):
        raise ValueError("no meter shows that")
    return (after - before) % ROLLOVER


def price(cubic_metres: int) -> int:
    """In cents: the first 100 cubic metres cost less."""
    return min(cubic_metres, 100) * 150 + max(cubic_metres - 100, 0) * 210
