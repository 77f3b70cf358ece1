"""1-minimality: can any single item be spared?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic

from bisect_loop.model import Verdict
from bisect_loop.search.question import Search, T, ask

STAGE = "minimality"


@dataclass(frozen=True, slots=True)
class Minimal(Generic[T]):
    """`items` reproduce. `proven` says that each was seen to be needed: without it, DOES_NOT.

    Where taking an item away was UNRESOLVED, the set stays as it is and `proven` is false.
    """

    items: tuple[T, ...]
    proven: bool


def one_minimal(items: Sequence[T]) -> Search[T, Minimal[T]]:
    """Take away each of `items` (seen to reproduce) in turn, and drop those that are not needed.

    Costs one verdict an item where all are needed. After a drop the walk goes on behind the dropped item, and
    ends when every item was tried since the last drop: the predicate need not be monotone.
    """
    current = tuple(items)
    start = 0
    while True:
        turns = [(start + step) % len(current) for step in range(len(current))]
        candidates = [current[:turn] + current[turn + 1 :] for turn in turns]
        verdicts = yield from ask(candidates, "first", best=current, stage=STAGE)
        if Verdict.REPRODUCES not in verdicts:
            return Minimal(current, Verdict.UNRESOLVED not in verdicts)
        dropped = turns[len(verdicts) - 1]
        current = candidates[len(verdicts) - 1]
        start = dropped % len(current) if current else 0
