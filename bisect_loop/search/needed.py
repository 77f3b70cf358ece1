"""Which of several conditions are needed? One pass of taking away, frugal with trials that cost a process each."""

from __future__ import annotations

from collections.abc import Sequence

from bisect_loop.model import Verdict
from bisect_loop.search.narrow import narrow
from bisect_loop.search.question import Search, T, ask_one

STAGE = "conditions"

# Up to so many, taking away one after another costs less than halving when two or three of them are needed.
_FEW = 8


def needed(items: Sequence[T]) -> Search[T, tuple[T, ...]]:
    """Return those of `items`, seen to reproduce together, that cannot be taken away one by one.

    Asks at most n + 1 verdicts for n items up to 8: none at all first, then without each in turn, what was found
    to be spare staying away. More items are narrowed first. What is returned was seen to reproduce.
    """
    current = tuple(items)
    if not current:
        return ()
    if (yield from ask_one((), best=current, stage=STAGE)) is Verdict.REPRODUCES:
        return ()
    if len(current) > _FEW:
        current = (yield from narrow(current, ways=2)).minimal
    if len(current) == 1:
        return current
    for item in current:
        without = tuple(kept for kept in current if kept != item)
        if (yield from ask_one(without, best=current, stage=STAGE)) is Verdict.REPRODUCES:
            current = without
    return current
