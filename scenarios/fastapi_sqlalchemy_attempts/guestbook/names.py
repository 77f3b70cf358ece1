"""Names of guests."""

from __future__ import annotations


def tidy(name: str) -> str:
    """`name` without needless blanks. Raises ValueError where nothing is left, or too much."""
    words = name.split()
    if not words:
        raise ValueError("a guest has a name")
    joined = " ".join(words)
    if len(joined) > 40:
        raise ValueError("a name has at most 40 letters")
    return joined
