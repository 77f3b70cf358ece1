"""Further polluting sets of one victim."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Generic

from bisect_loop.model import Verdict
from bisect_loop.search.groups import singles
from bisect_loop.search.memory import remembering
from bisect_loop.search.minimal import one_minimal
from bisect_loop.search.peel import peel
from bisect_loop.search.question import Search, T, ask_one, with_found


@dataclass(frozen=True, slots=True)
class Alternatives(Generic[T]):
    """`sets` were each seen to reproduce: single items first, in order, then larger sets as they were found.

    `exhausted` says that without the items of all sets, known and new, the rest was seen not to reproduce.
    `asked` is the number of verdicts that were asked for.
    """

    sets: tuple[tuple[T, ...], ...]
    exhausted: bool
    asked: int


def alternatives(
    items: Sequence[T],
    found: Sequence[tuple[T, ...]],
    *,
    known: Sequence[tuple[T, ...]] = (),
    limit: int = 10,
) -> Search[T, Alternatives[T]]:
    """Find up to `limit` sets that reproduce and share no item with `found` nor with each other.

    That no item at all (the victim alone) does not reproduce is taken for granted. `known` are groups of
    `items` that were seen to reproduce (`Narrowed.others`). Single items come from group tests, about 2 log2 n
    verdicts each and fewer where they are many. What then still reproduces is peeled, set by set. A set that
    shares an item with one already found is not looked for.
    """
    memory: dict[tuple[T, ...], Verdict] = {(): Verdict.DOES_NOT}
    result = yield from remembering(_alternatives(tuple(items), found, known, limit), memory)
    return replace(result, asked=len(memory) - 1)


def _alternatives(
    items: tuple[T, ...], found: Sequence[tuple[T, ...]], known: Sequence[tuple[T, ...]], limit: int
) -> Search[T, Alternatives[T]]:
    used = {item for one in found for item in one}
    unused = {item for item in items if item not in used}
    untouched = [group for group in known if group and unused.issuperset(group)]
    grouped = yield from singles(
        [item for item in items if item in unused],
        does=Verdict.REPRODUCES,
        stage="alternatives",
        limit=limit,
        known=untouched,
    )
    sets: list[tuple[T, ...]] = [(item,) for item in grouped.singles]
    used.update(grouped.singles)
    for clump in grouped.clumps:
        sets.append((yield from with_found(_smallest(clump), sets)))
        used.update(sets[-1])

    while len(sets) < limit:
        rest = tuple(item for item in items if item not in used)
        verdict = yield from ask_one(rest, best=None, stage="rest", found=sets)
        if verdict is not Verdict.REPRODUCES:
            return Alternatives(tuple(sets), verdict is Verdict.DOES_NOT, 0)
        sets.append((yield from with_found(_smallest(rest), sets)))
        used.update(sets[-1])
    return Alternatives(tuple(sets), False, 0)


def _smallest(items: tuple[T, ...]) -> Search[T, tuple[T, ...]]:
    peeled = yield from peel(items)
    return (yield from one_minimal(peeled)).items
