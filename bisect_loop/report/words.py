"""Numbers and lists as people say them. Pure."""

from __future__ import annotations

from collections.abc import Sequence


def count(number: int, noun: str, plural: str = "") -> str:
    """Return "1 test", "412 tests", "10,000 tests"."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def duration(seconds: float) -> str:
    """Return "0.4 s", "14.2 s", "3 min 5 s", "2 h 4 min"."""
    if seconds < 99.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    return f"{minutes // 60} h {minutes % 60} min"


def listed(words: Sequence[str], conjunction: str = "and") -> str:
    """Return "a", "a and b", "a, b and c"."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {conjunction} {words[-1]}"


def percent(share: float) -> str:
    """Return "35 %"; a share that is neither none nor all is not rounded to either."""
    return f"{min(max(round(100 * share), 1), 99) if 0 < share < 1 else round(100 * share)} %"


def with_article(noun: str) -> str:
    """ "httpx.AsyncClient" -> "an httpx.AsyncClient"; what has an article keeps it."""
    if noun.startswith(("a ", "an ", "the ", "something")):
        return noun
    return f"{'an' if noun[:1] in 'aeiou' or noun.startswith('httpx') else 'a'} {noun}"


def told(value: str) -> str:
    """A value as it was recorded, "a Engine" as "an Engine"; the object that is written "..." so."""
    if value == "a ellipsis":
        return "..."
    return f"an {value[2:]}" if value[:2] == "a " and value[2:3] in tuple("AEIOaeio") else value
