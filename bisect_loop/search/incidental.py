"""Of items that are needed together: which are there by chance, because others would do in their place?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bisect_loop.model import Verdict
from bisect_loop.search.question import Search, T, ask_one

STAGE = "incidental"
ENOUGH = 2  # stand-ins, each of which has to do


def incidental(polluters: Sequence[T], stand_ins: Mapping[T, Sequence[T]]) -> Search[T, tuple[T, ...]]:
    """Return those of `polluters` in whose place each of their `stand_ins` reproduces as well.

    `polluters` must be one-minimal. A stand-in that reproduces without each of the other polluters says nothing; fewer
    than two of them say nothing either. Where it is so of all, none of them is special, and none is returned. Costs one
    verdict for a polluter that is none of these, mostly.
    """
    found: list[T] = []
    for index, one in enumerate(polluters):
        others = (*polluters[:index], *polluters[index + 1 :])
        if not others or len(stand_ins.get(one, ())) < ENOUGH:
            continue
        for other in stand_ins[one]:
            instead = (*polluters[:index], other, *polluters[index + 1 :])
            if (yield from ask_one(instead, best=None, stage=STAGE)) is not Verdict.REPRODUCES:
                break
            if not (yield from _each_needed(instead, index)):
                break
        else:
            found.append(one)
    return tuple(found) if len(found) < len(polluters) else ()


def _each_needed(items: Sequence[T], besides: int) -> Search[T, bool]:
    """Whether without any one of `items` but that at `besides` nothing reproduces."""
    for index in range(len(items)):
        if index != besides:
            without = (*items[:index], *items[index + 1 :])
            if (yield from ask_one(without, best=None, stage=STAGE)) is not Verdict.DOES_NOT:
                return False
    return True
