from __future__ import annotations

from hypothesis import given

from bisect_loop.model import Verdict
from bisect_loop.search.minimal import one_minimal
from bisect_loop.search.question import drive

from .predicates import Predicate, arbitrary, neighbours
from .worlds import After, Crash, World, names


@given(arbitrary())
def test_no_single_item_can_be_spared(drawn: tuple[tuple[str, ...], Predicate]) -> None:
    """What comes back reproduces, nothing less by one item does, and `proven` says when that is certain."""
    items, predicate = drawn
    result = drive(one_minimal(items), predicate)
    around = [predicate(less) for less in neighbours(result.items)]
    assert predicate(result.items) is Verdict.REPRODUCES
    assert Verdict.REPRODUCES not in around
    assert result.proven == (Verdict.UNRESOLVED not in around)


def test_costs_one_verdict_an_item_where_all_are_needed() -> None:
    """A set that is minimal already is checked with as many verdicts as it has items."""
    world = World(names(6), After(names(6)))
    result = drive(one_minimal(world.items), world)
    assert result.items == world.items and result.proven
    assert len(world.asked) == 6


def test_one_pass_drops_what_is_not_needed() -> None:
    """n items of which k are needed cost n - k drops and at most one walk around besides."""
    items = names(30)
    world = World(items, After([items[4], items[20]]))
    assert drive(one_minimal(items), world).items == (items[4], items[20])
    assert len(world.asked) <= len(items) + 2 * 2


def test_an_item_that_cannot_be_taken_away_for_a_crash_is_kept() -> None:
    """Where taking an item away crashes the trial, it stays, and the set is not called minimal."""
    world = World("setup polluter", After("polluter"), crashes=[Crash("polluter", after="setup")])
    result = drive(one_minimal(world.items), world)
    assert result.items == ("setup", "polluter") and not result.proven


def test_all_may_go() -> None:
    """Down to nothing, where nothing is needed."""
    world = World(names(3), After(""))
    assert drive(one_minimal(world.items), world).items == ()
