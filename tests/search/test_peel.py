from __future__ import annotations

import random
from math import ceil, log2

import pytest
from hypothesis import given

from bisect_loop.model import Verdict
from bisect_loop.search.ddmin import ddmin
from bisect_loop.search.peel import peel, peel_until
from bisect_loop.search.question import NotReproducing, drive

from .predicates import Predicate, arbitrary, minimal_sets, monotone_worlds
from .worlds import After, Crash, Either, Toggle, World, names


def _asked(items: tuple[str, ...], needed: list[str]) -> int:
    world = World(items, After(needed))
    assert drive(peel(items), world) == tuple(sorted(needed))
    return len(world.asked)


@pytest.mark.parametrize(("together", "most"), [(1, 14), (2, 24), (3, 35)])
def test_the_mean_cost_at_a_thousand_is_what_is_promised(together: int, most: int) -> None:
    """Over 200 random worlds of 1,000 items, 1 / 2 / 3 polluters cost at most 14 / 24 / 35 runs in the mean."""
    chance = random.Random(together)
    items = names(1000)
    counts = [_asked(items, chance.sample(items, together)) for _ in range(200)]
    assert sum(counts) / len(counts) <= most


@given(monotone_worlds())
def test_agrees_with_brute_force(world: World) -> None:
    """Where more never mends what fewer break, the answer is one of the minimal sets, within the cost bound."""
    found = drive(peel(world.items), world)
    assert found in minimal_sets(world)
    assert len(world.asked) <= (len(found) + 1) * (ceil(log2(len(world.items))) + 1)


@given(arbitrary())
def test_never_returns_what_was_not_seen_to_reproduce(drawn: tuple[tuple[str, ...], Predicate]) -> None:
    """However odd the predicate, what comes back reproduces, is in order, and comes back again."""
    items, predicate = drawn
    found = drive(peel(items), predicate)
    assert predicate(found) is Verdict.REPRODUCES
    assert found == tuple(item for item in items if item in found)
    assert drive(peel(items), predicate) == found


def test_a_victim_that_heals_what_broke_it() -> None:
    """[A, V] fails, [A, W, V] passes, the full order fails again: one test is enough, and one is found."""
    items = names(7)
    found = drive(peel(items), World(items, Toggle(items)))
    assert len(found) == 1


def test_a_chain_keeps_its_order() -> None:
    """Items that are needed in their order are found in their order."""
    world = World(names(100), After("t0010 t0050 t0090", chain=True))
    assert drive(peel(world.items), world) == ("t0010", "t0050", "t0090")


def test_a_crash_is_neither_a_pass_nor_a_failure() -> None:
    """A test that crashes without its set-up hides no polluter."""
    world = World(names(60), After("t0055"), crashes=[Crash("t0040", after="t0002"), Crash("t0030", after="t0001")])
    found = drive(peel(world.items), world)
    assert "t0055" in found and world.verdict(found) is Verdict.REPRODUCES


def test_the_last_of_either_or_wins() -> None:
    """Of several polluters the search settles on one, always the same."""
    world = World(names(50), Either([After("t0031"), After("t0007")]))
    assert drive(peel(world.items), world) == ("t0007",)


def test_check_refuses_items_that_do_not_reproduce() -> None:
    """With `check`, items that pass as a whole are refused after one question."""
    world = World(names(20), After("t0099"))
    with pytest.raises(NotReproducing):
        drive(peel(world.items, check=True), world)
    assert world.asked == [world.items]


def test_nothing_at_all_may_be_enough() -> None:
    """Where the empty candidate reproduces, one question says so."""
    world = World(names(20), After(""))
    assert drive(peel(world.items), world) == ()
    assert len(world.asked) == 1


def test_patience_ends_a_peel_that_cuts_nothing() -> None:
    """In a run of items that are all needed, a patient peel stops early and says that it did."""
    items = names(40)
    world = World(items, After(items[20:]))
    left, finished = drive(peel_until(items, patience=3), world)
    assert not finished and world.verdict(left) is Verdict.REPRODUCES
    assert drive(peel_until(items), world) == (items[20:], True)


def test_asks_less_than_ddmin_where_few_of_many_are_needed() -> None:
    """The reference needs more runs for a pair among many."""
    chance = random.Random(5)
    items = names(300)
    peeled = reference = 0
    for _ in range(20):
        needed = chance.sample(items, 2)
        peeled += _asked(items, needed)
        world = World(items, After(needed))
        assert drive(ddmin(items), world) == tuple(sorted(needed))
        reference += len(world.asked)
    assert peeled < reference / 2
