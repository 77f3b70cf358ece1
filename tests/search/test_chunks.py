from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from bisect_loop.model import Verdict
from bisect_loop.search.chunks import chunk_rounds
from bisect_loop.search.question import Done, advance, answer, drive

from .predicates import Predicate, arbitrary
from .worlds import After, Crash, Either, World, names


@given(st.integers(0, 999))
def test_one_polluter_costs_little_more_than_every_item_once(place: int) -> None:
    """One of 1,000 is found in at most 1.15 n item executions and at most four rounds."""
    items = names(1000)
    world = World(items, After(items[place]))
    search = chunk_rounds(items)
    state, rounds = advance(search), 0
    while not isinstance(state, Done):
        rounds += 1
        assert state.want == "all"
        state = advance(search, answer(state, world))
    assert state.result.smallest == (items[place],) and state.result.others == ()
    assert world.executed <= 1.15 * len(items)
    assert rounds <= 4


def test_chunks_that_reproduce_as_well_are_kept() -> None:
    """Further polluters come for free, in sets apart."""
    polluters = ("t0003", "t0004", "t0200", "t0700")
    world = World(names(1000), Either([After(one) for one in polluters]))
    chunked = drive(chunk_rounds(world.items), world)
    assert chunked.smallest == ("t0003",)
    assert ("t0004",) in chunked.others
    assert [sum(one in other for other in chunked.others) for one in polluters] == [0, 1, 1, 1]


def test_a_pair_in_two_chunks_is_handed_on() -> None:
    """Where no chunk fails alone, what is left is the smallest set known."""
    world = World(names(80), After("t0021 t0029"))
    assert drive(chunk_rounds(world.items), world).smallest == world.items[20:30] != world.items
    world = World(names(80), After("t0001 t0079"))
    assert drive(chunk_rounds(world.items), world).smallest == world.items


def test_a_chunk_may_fail_where_the_whole_passes() -> None:
    """A cleaner behind the polluter hides it from the whole, not from its chunk."""
    world = World(names(80), After("t0011", unless="t0060"))
    assert drive(chunk_rounds(world.items, known=False), world).smallest == ("t0011",)


def test_nothing_found_is_said() -> None:
    """Without a reproducing chunk and without knowledge of the whole, there is no set."""
    world = World(names(80), After("t0011 t0070"))
    assert drive(chunk_rounds(world.items, known=False), world).smallest is None
    assert drive(chunk_rounds((), known=False), world).smallest is None


def test_a_chunk_that_crashes_is_not_taken_for_one_that_fails() -> None:
    """UNRESOLVED chunks are passed over."""
    world = World(names(80), After("t0070"), crashes=[Crash("t0005")])
    assert drive(chunk_rounds(world.items), world).smallest == ("t0070",)


@given(arbitrary(most=40))
def test_what_comes_back_reproduces(drawn: tuple[tuple[str, ...], Predicate]) -> None:
    """All sets reproduce and no two share an item, whatever the predicate."""
    items, predicate = drawn
    chunked = drive(chunk_rounds(items), predicate)
    assert chunked.smallest is not None
    sets = [chunked.smallest, *chunked.others]
    assert all(predicate(one) is Verdict.REPRODUCES for one in sets)
    together = [item for one in sets for item in one]
    assert len(together) == len(set(together))


def test_a_single_item_of_unknown_verdict_is_asked_about() -> None:
    """One item is a chunk as well."""
    chance = random.Random(1).choice(names(3))
    world = World([chance], After(chance))
    assert drive(chunk_rounds(world.items, known=False), world).smallest == (chance,)
    assert len(world.asked) == 1
