"""Adaptive group testing: which single items do it, when many may?

Asks for groups of items; a group that does it is cut and its parts are asked about, all groups of a level in
one question. k of n items cost about 2 k log2(n / k) verdicts with groups cut in four (cutting in two costs no
less, and takes twice the rounds). After F. K. Hwang, "A Method for Detecting All Defective Members in a
Population by Group Testing", JASA 67, 1972, with a whole level asked at once in place of one group at a time.

The test of a group is taken to be its own: a group in which one item hides what another does is missed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Generic

from bisect_loop.model import Verdict
from bisect_loop.search.question import Search, T, ask, cut


@dataclass(frozen=True, slots=True)
class Grouped(Generic[T]):
    """`singles` do it alone; each of `clumps` does it while none of its parts was seen to. Both in order."""

    singles: tuple[T, ...]
    clumps: tuple[tuple[T, ...], ...]


def singles(
    items: Sequence[T],
    *,
    does: Verdict,
    stage: str,
    limit: int,
    known: Sequence[tuple[T, ...]] = (),
    candidate: Callable[[tuple[T, ...]], tuple[T, ...]] = lambda group: group,
    start: int = 8,
    ways: int = 4,
) -> Search[T, Grouped[T]]:
    """Find the items whose verdict, alone, is `does`, at most `limit` singles and clumps together.

    `candidate` makes a candidate of a group. `known` are groups of `items`, with no item in common, that were
    already seen to do it; the other items are cut in `start` groups. Where more groups do it than `limit` still
    needs, the first in order are followed. A group that stays UNRESOLVED is cut as well, up to `start` of them
    a level: one item that crashes would hide all others in its group.
    """
    place = {item: index for index, item in reversed(list(enumerate(items)))}
    grouped = {item for group in known for item in group}
    others = tuple(item for item in sorted(place, key=place.__getitem__) if item not in grouped)

    def in_order(groups: Iterable[tuple[T, ...]]) -> list[tuple[T, ...]]:
        return sorted(groups, key=lambda group: place[group[0]])

    found = [group for group in known if len(group) == 1]
    # Each group to be asked about, with the smallest group around it that was seen to do it.
    around: dict[tuple[T, ...], tuple[T, ...] | None] = dict.fromkeys(cut(others, start))
    hits = in_order(group for group in known if len(group) > 1)[: max(limit - len(found), 0)]
    barren: dict[tuple[T, ...], None] = dict.fromkeys(hits)
    around.update((part, group) for group in hits for part in cut(group, ways))
    while around:
        asked = in_order(around)
        verdicts = yield from ask(
            [candidate(group) for group in asked], "all", best=None, stage=stage, found=in_order(found)
        )
        answered = list(zip(asked, verdicts, strict=True))
        hits = [group for group, verdict in answered if verdict is does]
        fruitful = {around[group] for group in hits}
        barren = {group: None for group in barren if group not in fruitful}
        found += [group for group in hits if len(group) == 1]
        room = max(limit - len(found), 0)
        hits = [group for group in hits if len(group) > 1][:room]
        barren.update(dict.fromkeys(hits))
        doubtful = [group for group, verdict in answered if verdict is Verdict.UNRESOLVED and len(group) > 1]
        doubtful = doubtful[: start if room else 0]
        around = {part: group for group in hits for part in cut(group, ways)} | {
            part: around[group] for group in doubtful for part in cut(group, ways)
        }
    alone = tuple(item for (item,) in in_order(found)[:limit])
    return Grouped(alone, tuple(in_order(barren)[: limit - len(alone)]))
