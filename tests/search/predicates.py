"""Predicates drawn by hypothesis, drivers that look at what they drive, and brute force to agree with."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable, Sequence
from itertools import combinations

from hypothesis import strategies as st

from bisect_loop.model import Verdict
from bisect_loop.search.question import Done, Question, R, Search, advance

from .worlds import After, Crash, Either, World, names

Predicate = Callable[[tuple[str, ...]], Verdict]


@st.composite
def monotone_worlds(draw: st.DrawFn, most: int = 9) -> World:
    """Worlds in which more items never mend what fewer break, and which fail as a whole."""
    items = names(draw(st.integers(1, most)))
    sets = draw(st.lists(st.sets(st.sampled_from(items), min_size=1, max_size=4), min_size=1, max_size=4))
    return World(items, Either([After(sorted(one)) for one in sets]))


@st.composite
def crashing_worlds(draw: st.DrawFn, most: int = 9) -> World:
    """Monotone worlds with items that crash unless another ran before them; as a whole they do not crash."""
    world = draw(monotone_worlds(most))
    pairs = [(before, item) for before, item in combinations(world.items, 2)]
    chosen = draw(st.lists(st.sampled_from(pairs), max_size=4)) if pairs else []
    world.crashes = [Crash(item, after=before.split()) for before, item in chosen]
    return world


@st.composite
def arbitrary(draw: st.DrawFn, most: int = 10) -> tuple[tuple[str, ...], Predicate]:
    """Items, and a predicate with no rhyme or reason but that the whole reproduces and nothing does not."""
    items = names(draw(st.integers(1, most)))
    seed = draw(st.integers(0, 2**32))
    often = draw(st.integers(1, 200))

    def predicate(prefix: tuple[str, ...]) -> Verdict:
        if prefix in (items, ()):
            return Verdict.REPRODUCES if prefix else Verdict.DOES_NOT
        first, second = hashlib.sha256(f"{seed}{prefix}".encode()).digest()[:2]
        if first < often:
            return Verdict.REPRODUCES
        return Verdict.UNRESOLVED if second < 64 else Verdict.DOES_NOT

    return items, predicate


def minimal_sets(world: World) -> set[tuple[str, ...]]:
    """Every set that reproduces while no set inside it does, by brute force."""
    found: list[tuple[str, ...]] = []
    for size in range(len(world.items) + 1):
        for chosen in combinations(world.items, size):
            inside = any(set(smaller) <= set(chosen) for smaller in found)
            if not inside and world.verdict(chosen) is Verdict.REPRODUCES:
                found.append(chosen)
    return set(found)


def neighbours(items: Sequence[str]) -> list[tuple[str, ...]]:
    """`items` less one, for each."""
    return [(*items[:at], *items[at + 1 :]) for at in range(len(items))]


def drive_wide(
    search: Search[str, R], predicate: Predicate, width: int, chance: random.Random
) -> tuple[R, list[Question[str]]]:
    """Drive `search` as a caller with `width` workers does: ahead of need, answers coming in any order.

    Returns the result and the questions. What was run ahead and not needed is handed over as well.
    """
    questions: list[Question[str]] = []
    state = advance(search)
    while not isinstance(state, Done):
        questions.append(state)
        state = advance(search, _run(state, predicate, width, chance))
    return state.result, questions


def _run(question: Question[str], predicate: Predicate, width: int, chance: random.Random) -> list[Verdict]:
    waiting = list(range(len(question.candidates)))
    running: list[int] = []
    done: dict[int, Verdict] = {}
    while waiting or running:
        while waiting and len(running) < width:
            running.append(waiting.pop(0))
        finished = running.pop(chance.randrange(len(running)))
        done[finished] = predicate(question.candidates[finished])
        ahead = _in_order(done)
        if question.want == "first" and Verdict.REPRODUCES in ahead:
            return ahead
    return _in_order(done)


def _in_order(done: dict[int, Verdict]) -> list[Verdict]:
    verdicts: list[Verdict] = []
    while len(verdicts) in done:
        verdicts.append(done[len(verdicts)])
    return verdicts
