"""Chunk rounds: many short trials at once instead of long ones, one after another.

The items are cut in eight, and each chunk alone is asked about, all at the same time. The first that reproduces
is cut again. A round executes as many items as the chunk before held, so one polluter among n costs
n + n/8 + n/64 + ..., about 1.15 n item executions, in log8 n rounds. (Group testing after Dorfman 1943.)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic

from bisect_loop.model import Verdict
from bisect_loop.search.question import Search, T, ask, cut

STAGE = "chunks"


@dataclass(frozen=True, slots=True)
class Chunked(Generic[T]):
    """`smallest` is the smallest set seen to reproduce on the way down, None where nothing did.

    `others` are the chunks that reproduced as well and were not followed; they share no item with `smallest`
    nor with each other, so each holds another polluting set.
    """

    smallest: tuple[T, ...] | None
    others: tuple[tuple[T, ...], ...]


def chunk_rounds(items: Sequence[T], *, ways: int = 8, known: bool = True) -> Search[T, Chunked[T]]:
    """Follow the first chunk that reproduces, until one item is left or no chunk reproduces alone.

    `known` says that `items` as a whole were seen to reproduce. Where they were not (a cleaner among them may
    hide what a part of them shows), the rounds may still find a chunk that does.
    """
    current = tuple(items)
    smallest = current if known else None
    others: list[tuple[T, ...]] = []
    while len(current) > 1 or (current and smallest is None):
        parts = cut(current, ways)
        verdicts = yield from ask(parts, "all", best=smallest, stage=STAGE, found=others)
        hits = [part for part, verdict in zip(parts, verdicts, strict=True) if verdict is Verdict.REPRODUCES]
        if not hits:
            break
        smallest = current = hits[0]
        others += hits[1:]
    return Chunked(smallest, tuple(others))
