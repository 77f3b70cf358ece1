from __future__ import annotations

WIDTH = 12


def shelf(number: int) -> str:
    """ "A1" to "A12", then "B1"."""
    row, place = divmod(number, WIDTH)
    return f"{chr(ord('A') + row)}{place + 1}"


def number(shelf: str) -> int:
    return (ord(shelf[0]) - ord("A")) * WIDTH + int(shelf[1:]) - 1
