"""What the person at the desk sees."""

from __future__ import annotations

from depot.link import Link, Links

WORDS = {"T": "on its way", "D": "delivered", "L": "lost", "?": "not known"}


def checked(number: str) -> str:
    """`number` without blanks; the last digit is the sum of the others. Raises ValueError."""
    digits = number.replace(" ", "")
    if not digits.isdecimal() or len(digits) < 2 or sum(map(int, digits[:-1])) % 10 != int(digits[-1]):
        raise ValueError(f"{number!r} is no parcel number")
    return digits


async def where(number: str, link: Link | None = None) -> str:
    """Where a parcel is, in words; without a link nothing is known."""
    digits = checked(number)
    link = link or Links.current
    return WORDS["?"] if link is None else WORDS.get(await link.ask(digits), WORDS["?"])
