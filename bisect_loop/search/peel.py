"""Prefix peel: which few of the items, in the order they have, are needed together?

The shortest prefix that still reproduces ends with an item that is needed. That item is held, and the same is
asked of what stood before it, until the held items alone reproduce. Each item found costs a binary search and
one more question, so k of n cost about k * (log2 n + 1): about 11 / 21 / 31 for k = 1 / 2 / 3 of 1,000, where
ddmin takes 17 / 62 / 125. Every cut is a prefix, so what earlier items set up for later ones stays.

The idea is the dichotomic search for transition constraints of F. Hemery, C. Lecoutre, L. Sais and
F. Boussemart, "Extracting MUCs from Constraint Networks", ECAI 2006.

The predicate need not be monotone. At every moment "what is left and what is held" was itself seen to
reproduce, each round takes at least one item off what is left, and an UNRESOLVED cut moves the cut but proves
nothing: whether each item is needed is for `minimal` to say.
"""

from __future__ import annotations

from collections.abc import Sequence

from bisect_loop.model import Verdict
from bisect_loop.search.question import NotReproducing, Search, T, ask_one, ask_prefix

STAGE = "peel"


def peel(items: Sequence[T], *, check: bool = False) -> Search[T, tuple[T, ...]]:
    """Return items that reproduce, in their order; 1-minimal where more items never mend what fewer break.

    `items` must have been seen to reproduce; with `check` they are asked about first, and NotReproducing is
    raised where they do not. The empty candidate is asked about; seed `remembering` with it where it is known.
    """
    left, _ = yield from peel_until(items, check=check)
    return left


def peel_until(
    items: Sequence[T], *, patience: int | None = None, check: bool = False
) -> Search[T, tuple[tuple[T, ...], bool]]:
    """Peel, but stop after `patience` rounds in a row that took off nothing besides the item they held.

    Returns the set that reproduces and whether the peel came to its end; where it did not, the set may hold
    more than is needed.
    """
    rest: tuple[T, ...] = tuple(items)
    held: tuple[T, ...] = ()
    if check and (yield from ask_one(rest, best=None, stage=STAGE)) is not Verdict.REPRODUCES:
        raise NotReproducing("the items to be peeled do not reproduce as a whole")
    idle = 0
    while rest:
        if (yield from ask_one(held, best=rest + held, stage=STAGE)) is Verdict.REPRODUCES:
            return held, True
        if idle == patience:
            return rest + held, False
        end = yield from _shortest_prefix(rest, held)
        idle = idle + 1 if end == len(rest) else 0
        rest, held = rest[: end - 1], (rest[end - 1], *held)
    return held, True


def _shortest_prefix(rest: tuple[T, ...], held: tuple[T, ...]) -> Search[T, int]:
    """The length of a prefix that reproduces with `held`, while the one shorter by an item was not seen to."""
    low, high = 0, len(rest)
    while high - low > 1:
        middle = (low + high) // 2
        verdict = yield from ask_prefix(rest, middle, held, best=rest[:high] + held, stage=STAGE)
        if verdict is Verdict.REPRODUCES:
            high = middle
        else:
            low = middle
    return high
