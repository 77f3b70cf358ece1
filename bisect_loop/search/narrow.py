"""From everything that ran before a victim to the few items that it takes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Generic

from bisect_loop.model import Verdict
from bisect_loop.search.chunks import chunk_rounds
from bisect_loop.search.ddmin import ddmin
from bisect_loop.search.memory import remembering
from bisect_loop.search.minimal import Minimal, one_minimal
from bisect_loop.search.peel import peel_until
from bisect_loop.search.question import NotReproducing, Search, T, ask_first, ask_one, with_found

# A peel that three times running took off nothing but the item it held stands in a run of items that are all
# needed; halving costs log2 n for each of them there, and ddmin, which takes from both ends, less.
PATIENCE = 3


@dataclass(frozen=True, slots=True)
class Narrowed(Generic[T]):
    """`minimal` was itself seen to reproduce, in the order in which the items were given.

    `one_minimal` says that each of its items was seen to be needed (false where that stayed UNRESOLVED).
    `others` are sets apart from it that reproduced on the way, not narrowed. `asked` is the number of verdicts
    that were asked for.
    """

    minimal: tuple[T, ...]
    others: tuple[tuple[T, ...], ...]
    asked: int
    one_minimal: bool


def narrow(
    items: Sequence[T],
    *,
    suspects: Sequence[tuple[T, ...]] = (),
    empty: Verdict | None = Verdict.DOES_NOT,
    check: bool = False,
    ways: int = 8,
) -> Search[T, Narrowed[T]]:
    """Narrow `items`, seen to reproduce, to a set of which none can be spared.

    `suspects` are candidates to be tried first, in their order: evidence ranks, only trials accuse. `empty` is
    what no item at all shows (the victim alone, no condition set); None asks. With `check` it is not taken for
    granted that the items as a whole reproduce: they are asked about when no chunk alone reproduced (so the
    longest trial is saved wherever a single item does it), and NotReproducing is raised when they do not
    either. A chunk may reproduce where the whole does not: a cleaner stands behind it.

    For a brittle test (fails alone, passes after a state-setter) let the caller's predicate answer REPRODUCES
    when the test passes, as `judge.passes` does; `minimal` is then the smallest set of setters:

    >>> from bisect_loop.search.question import drive
    >>> def judge(prefix: tuple[str, ...]) -> Verdict:
    ...     return Verdict.REPRODUCES if "test_login" in prefix else Verdict.DOES_NOT
    >>> drive(narrow(["test_home", "test_login", "test_cart"]), judge).minimal
    ('test_login',)
    """
    everything = tuple(items)
    memory: dict[tuple[T, ...], Verdict] = {}
    if not check:
        memory[everything] = Verdict.REPRODUCES
    if empty is not None:
        memory.setdefault((), empty)
    given = len(memory)
    result = yield from remembering(_narrow(everything, suspects, check, ways), memory)
    return replace(result, asked=len(memory) - given)


def _narrow(items: tuple[T, ...], suspects: Sequence[tuple[T, ...]], check: bool, ways: int) -> Search[T, Narrowed[T]]:
    best = None if check else items
    if (yield from ask_one((), best=best, stage="alone")) is Verdict.REPRODUCES:
        return Narrowed((), (), 0, True)

    current: tuple[T, ...] | None
    others: tuple[tuple[T, ...], ...] = ()
    first = yield from ask_first(suspects, best=best, stage="suspects")
    if first is not None:
        current = suspects[first]
    else:
        chunked = yield from chunk_rounds(items, ways=ways, known=not check)
        current, others = chunked.smallest, chunked.others
        if current is None:
            if (yield from ask_one(items, best=None, stage="whole")) is not Verdict.REPRODUCES:
                raise NotReproducing("neither the items as a whole nor any chunk of them reproduces")
            current = items

    minimal = yield from with_found(_few(current), others)
    return Narrowed(minimal.items, others, 0, minimal.proven)


def _few(items: tuple[T, ...]) -> Search[T, Minimal[T]]:
    current, finished = yield from peel_until(items, patience=PATIENCE)
    if not finished:
        current = yield from ddmin(current)
    return (yield from one_minimal(current))
