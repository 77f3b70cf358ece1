"""Finds departures: by halves, or one after the other where the lists may be out of order."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence

Find = Callable[[Sequence[int], int], int]


def by_halves(departures: Sequence[int], after: int) -> int:
    return bisect_left(departures, after)


def one_by_one(departures: Sequence[int], after: int) -> int:
    best = len(departures)
    soonest = 0
    for place in range(len(departures)):
        leaves = departures[place]
        wait = leaves - after
        if wait < 0:
            continue
        if best == len(departures) or wait < soonest:
            best = place
            soonest = wait
    return best


_find: Find = by_halves


def choose(find: Find) -> None:
    """How the whole process searches from now on."""
    global _find
    _find = find


def next_departure(departures: Sequence[int], after: int) -> int | None:
    """The first of `departures` (minutes of the day) that is not before `after`, None where there is none."""
    place = _find(departures, after)
    return departures[place] if place < len(departures) else None
