from __future__ import annotations

from math import log2

from hypothesis import given
from hypothesis import strategies as st

from bisect_loop.model import Verdict
from bisect_loop.search.groups import Grouped, singles
from bisect_loop.search.question import Done, advance, answer, drive

from .worlds import After, Crash, Either, World, names


def _find(world: World, limit: int = 1000, **more: object) -> Grouped[str]:
    search = singles(world.items, does=Verdict.REPRODUCES, stage="x", limit=limit, **more)
    return drive(search, world)


@given(st.integers(1, 120), st.sets(st.integers(0, 119)), st.integers(1, 30))
def test_finds_the_first_singles_in_order(count: int, places: set[int], limit: int) -> None:
    """All singles, or the first of them where there are more than the limit; nothing else."""
    items = names(count)
    guilty = [items[place] for place in sorted(places) if place < count]
    found = _find(World(items, Either([After(one) for one in guilty])), limit=limit)
    assert set(found.singles) <= set(guilty) and len(found.singles) == min(limit, len(guilty))
    assert list(found.singles) == sorted(found.singles)
    assert found.clumps == ()


@given(st.sets(st.integers(0, 999), min_size=1, max_size=12))
def test_costs_two_log_n_for_each(places: set[int]) -> None:
    """k singles of 1,000 cost at most 8 + 2 k (log2 n) verdicts, in six questions."""
    items = names(1000)
    world = World(items, Either([After(items[place]) for place in places]))
    search = singles(items, does=Verdict.REPRODUCES, stage="x", limit=50)
    state, questions = advance(search), 0
    while not isinstance(state, Done):
        questions += 1
        state = advance(search, answer(state, world))
    assert state.result.singles == tuple(items[place] for place in sorted(places))
    assert len(world.asked) <= 8 + 2 * len(places) * log2(len(items))
    assert questions <= 6


def test_many_cost_hardly_more_than_one_verdict_an_item() -> None:
    """287 of 1,000, as one victim in the wild had: fewer than 1.5 n verdicts, all found."""
    items = names(1000)
    guilty = [item for index, item in enumerate(items) if index * 287 % 1000 < 287]
    world = World(items, Either([After(one) for one in guilty]))
    assert _find(world).singles == tuple(guilty)
    assert len(guilty) == 287 and len(world.asked) < 1500


def test_a_limit_saves_verdicts() -> None:
    """With a limit of 5, of 287 only as many groups are followed as it takes."""
    items = names(1000)
    guilty = items[::4]
    world = World(items, Either([After(one) for one in guilty]))
    assert _find(world, limit=5).singles == tuple(guilty[:5])
    assert len(world.asked) <= 8 + 5 * 2 * 10


def test_a_group_none_of_whose_parts_does_it_is_a_clump() -> None:
    """Two that are needed together show as the smallest group that holds both."""
    world = World(names(64), Either([After("t0001"), After("t0020 t0023")]))
    found = _find(world)
    assert found.singles == ("t0001",)
    assert len(found.clumps) == 1 and {"t0020", "t0023"} <= set(found.clumps[0])
    assert len(found.clumps[0]) <= 8


def test_known_groups_are_not_asked_about_again() -> None:
    """What was seen to do it is cut at once, and the rest is grouped without it."""
    world = World(names(64), Either([After("t0001"), After("t0020"), After("t0063")]))
    known = [world.items[16:24], ("t0063",)]
    assert _find(world, known=known).singles == ("t0001", "t0020", "t0063")
    assert not set(known) & set(world.asked)


def test_a_crash_hides_only_itself() -> None:
    """One item that crashes costs questions, not answers."""
    world = World(names(64), Either([After("t0010"), After("t0013")]), crashes=[Crash("t0012")])
    assert _find(world).singles == ("t0010", "t0013")


def test_a_suite_that_only_crashes_ends_soon() -> None:
    """Where nothing is ever resolved, the questions stay few."""
    world = World(names(1000), After("t0010"), crashes=[Crash(item) for item in names(1000)])
    assert _find(world) == Grouped((), ())
    assert len(world.asked) <= 8 + 5 * 8 * 4


def test_an_item_that_stands_twice_is_found_once() -> None:
    """Repeats of an item are one item here."""
    assert _find(World("a b a c", After("a"))).singles == ("a",)
