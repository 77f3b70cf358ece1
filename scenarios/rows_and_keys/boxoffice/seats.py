from __future__ import annotations

ROWS, PLACES = "ABCDEFGH", 12


def parse(seat: str) -> tuple[str, int]:
    """Read "C4" as ("C", 4)."""
    row, place = seat[:1], seat[1:]
    if not row or row not in ROWS or not place.isdecimal() or not 1 <= int(place) <= PLACES:
        raise ValueError(f"no seat: {seat!r}")
    return row, int(place)


def price(seat: str) -> int:
    """In cents: the first two rows are dearer, and the last one is cheap."""
    row, _ = parse(seat)
    return {"A": 3200, "B": 3200, "H": 900}.get(row, 2100)
