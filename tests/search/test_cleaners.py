from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bisect_loop.model import Verdict
from bisect_loop.search.cleaners import cleaners
from bisect_loop.search.question import drive

from .predicates import Predicate, arbitrary
from .worlds import After, Crash, Either, World, names


@given(st.sets(st.sampled_from(names(60)[2:]), max_size=7))
def test_finds_all_cleaners(cleaning: set[str]) -> None:
    """Up to seven cleaners of a pair: all, in order, each run behind both polluters."""
    world = World(names(60), After("t0000 t0001", unless=sorted(cleaning)))
    assert drive(cleaners(("t0000", "t0001"), world.items), world) == tuple(sorted(cleaning))
    assert all(prefix[:2] == ("t0000", "t0001") for prefix in world.asked)


@given(arbitrary(most=14), st.integers(1, 4))
def test_each_was_seen_to_clean(drawn: tuple[tuple[str, ...], Predicate], limit: int) -> None:
    """Whatever the predicate, a cleaner is one with which the victim was seen to pass, not to be UNRESOLVED."""
    items, predicate = drawn
    found = drive(cleaners(items[:1], items, limit=limit), predicate)
    assert all(predicate((items[0], one)) is Verdict.DOES_NOT for one in found)
    assert len(found) <= limit and items[0] not in found
    assert drive(cleaners(items[:1], items, limit=limit), predicate) == found


def test_a_crash_is_not_a_cleaner() -> None:
    """An item that crashes is not accused of cleaning, and does not hide one that cleans."""
    world = World(names(30), After("t0000", unless="t0011"), crashes=[Crash("t0010")])
    assert drive(cleaners(("t0000",), world.items), world) == ("t0011",)


def test_another_polluter_is_not_a_cleaner() -> None:
    """Polluters among the others may hide cleaners in their group, and are not taken for any."""
    world = World(names(30), Either([After("t0000", unless="t0020"), After("t0009")]))
    assert drive(cleaners(("t0000",), world.items), world) == ("t0020",)


def test_few_questions_where_none_cleans() -> None:
    """No cleaner among 1,000 costs eight verdicts."""
    world = World(names(1001), After("t0000"))
    assert drive(cleaners(("t0000",), world.items), world) == ()
    assert len(world.asked) == 8
