"""Numbers of lockers: a row and a place, A01 to F24."""

from __future__ import annotations

ROWS, PLACES = "ABCDEF", 24


def number(row: str, place: int) -> str:
    if row not in ROWS or len(row) != 1 or not 1 <= place <= PLACES:
        raise ValueError(f"there is no locker {row}{place}")
    return f"{row}{place:02}"


def neighbours(locker: str) -> list[str]:
    """The lockers to the left and to the right."""
    row, place = locker[0], int(locker[1:])
    return [number(row, near) for near in (place - 1, place + 1) if 1 <= near <= PLACES]
