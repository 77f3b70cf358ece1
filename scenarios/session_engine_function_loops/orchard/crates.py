"""Crates."""

from __future__ import annotations

import math

KILOS = {"apple": 18, "pear": 15, "plum": 10}


def crates(kind: str, kilos: float) -> int:
    """How many crates `kilos` of a fruit take. Raises KeyError for a fruit that is not sold."""
    if kilos < 0:
        raise ValueError("no tree bears less than nothing")
    return math.ceil(kilos / KILOS[kind])
