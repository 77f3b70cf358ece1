"""Delta debugging, as published: the reference that the other searches are measured against.

A. Zeller and R. Hildebrandt, "Simplifying and Isolating Failure-Inducing Input", IEEE Transactions on Software
Engineering 28(2), 2002, algorithm ddmin.
"""

from __future__ import annotations

from collections.abc import Sequence

from bisect_loop.search.question import Search, T, ask_first, cut

STAGE = "ddmin"


def ddmin(items: Sequence[T]) -> Search[T, tuple[T, ...]]:
    """Return a subset of `items` (seen to reproduce) from which no single item can be taken, order kept.

    As published, it takes for granted that the empty set does not reproduce, and counts UNRESOLVED as "cannot
    be taken away". At most quadratic in the number of items; near k * log(n) where few are needed.
    """
    current = tuple(items)
    grain = 2
    while len(current) > 1:
        parts = cut(current, grain)
        # With two parts, each is the other's complement.
        rests = [_without(parts, index) for index in range(len(parts))] if len(parts) > 2 else []
        first = yield from ask_first([*parts, *rests], best=current, stage=STAGE)
        if first is None:
            if grain >= len(current):
                break
            grain = min(2 * grain, len(current))
        elif first < len(parts):
            current, grain = parts[first], 2
        else:
            current, grain = rests[first - len(parts)], max(grain - 1, 2)
    return current


def _without(parts: Sequence[tuple[T, ...]], index: int) -> tuple[T, ...]:
    return tuple(item for at, part in enumerate(parts) if at != index for item in part)
