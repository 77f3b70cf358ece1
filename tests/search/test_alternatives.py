from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bisect_loop.model import Verdict
from bisect_loop.search.alternatives import alternatives
from bisect_loop.search.narrow import narrow
from bisect_loop.search.question import Done, advance, answer, drive

from .predicates import Predicate, arbitrary, minimal_sets, monotone_worlds
from .worlds import After, Crash, Either, Toggle, World, names


@given(monotone_worlds())
def test_finds_all_there_is_where_no_sets_overlap(world: World) -> None:
    """Each set is minimal, no two share an item, and without all of them nothing is left."""
    first = drive(narrow(world.items), world).minimal
    found = drive(alternatives(world.items, [first], limit=20), world)
    possible = minimal_sets(world)
    sets = [first, *found.sets]
    used = [item for one in sets for item in one]
    assert set(sets) <= possible and len(used) == len(set(used))
    assert found.exhausted
    assert all(set(one) & set(used) for one in possible)


@given(arbitrary(most=12), st.integers(0, 4))
def test_holds_for_any_predicate(drawn: tuple[tuple[str, ...], Predicate], limit: int) -> None:
    """Whatever the predicate: sets that reproduce, apart, no more than the limit, the same again."""
    items, predicate = drawn
    first = items[:2]
    found = drive(alternatives(items, [first], limit=limit), predicate)
    used = [item for one in (first, *found.sets) for item in one]
    assert len(found.sets) <= limit and len(used) == len(set(used))
    assert all(predicate(one) is Verdict.REPRODUCES for one in found.sets)
    assert drive(alternatives(items, [first], limit=limit), predicate) == found


def test_287_single_polluters() -> None:
    """All of them, each alone, for fewer than 1.5 verdicts an item."""
    items = names(1820)
    guilty = [item for index, item in enumerate(items) if index * 287 % 1820 < 287]
    world = World(items, Either([After(one) for one in guilty]))
    narrowed = drive(narrow(items), world)
    found = drive(alternatives(items, [narrowed.minimal], known=narrowed.others, limit=500), world)
    assert [narrowed.minimal, *found.sets] == [(one,) for one in guilty]
    assert found.exhausted and found.asked < 1.5 * len(items)


def test_known_groups_are_used() -> None:
    """What narrowing saw on the way is not asked about again."""
    world = World(names(400), Either([After("t0001"), After("t0200"), After("t0201 t0399")]))
    narrowed = drive(narrow(world.items), world)
    before = len(world.asked)
    found = drive(alternatives(world.items, [narrowed.minimal], known=narrowed.others), world)
    assert found.sets == (("t0200",), ("t0201", "t0399")) and found.exhausted
    assert not set(world.asked[:before]) & set(world.asked[before:])
    assert found.asked == len(world.asked) - before


def test_known_groups_that_no_longer_count_are_left_out() -> None:
    """A group that holds a found item, or items from elsewhere, says nothing about what is left."""
    world = World(names(40), Either([After("t0001"), After("t0030")]))
    known = [("t0000", "t0001"), ("elsewhere",), ()]
    assert drive(alternatives(world.items, [("t0001",)], known=known), world).sets == (("t0030",),)


def test_a_limit_leaves_it_open_whether_there_is_more() -> None:
    """At the limit nothing more is asked, and nothing is claimed to be exhausted."""
    world = World(names(40), Either([After(one) for one in names(40)]))
    found = drive(alternatives(world.items, [("t0000",)], limit=3), world)
    assert found.sets == (("t0001",), ("t0002",), ("t0003",)) and not found.exhausted


def test_none_is_an_answer() -> None:
    """Nothing further: few verdicts, and that it is exhausted."""
    world = World(names(100), After("t0050"))
    found = drive(alternatives(world.items, [("t0050",)]), world)
    assert found.sets == () and found.exhausted and found.asked == 8 + 1


def test_a_crash_of_the_rest_is_not_exhaustion() -> None:
    """Where the rest as a whole is UNRESOLVED it is not said that nothing is left."""
    world = World(names(100), After("t0050"), crashes=[Crash("t0001")])
    assert not drive(alternatives(world.items, [("t0050",)]), world).exhausted


def test_toggling_victims_are_each_other_s_polluters() -> None:
    """Among tests that heal one another every single one is found."""
    items = names(8)
    found = drive(alternatives(items, [items[:1]]), World(items, Toggle(items)))
    assert found.sets == tuple((item,) for item in items[1:])


def test_a_caller_who_stops_has_the_sets_so_far() -> None:
    """Each question carries the sets that are found, also in the middle of a peel."""
    world = World(names(64), Either([After("t0001"), After("t0009"), After("t0030 t0060")]))
    search = alternatives(world.items, [("t0001",)])
    state = advance(search)
    while not isinstance(state, Done):
        if state.stage == "peel":
            assert state.found == (("t0009",),)
        last = state
        state = advance(search, answer(state, world))
    assert last.found == (("t0009",), ("t0030", "t0060")) == state.result.sets
