from __future__ import annotations

from hypothesis import given

from bisect_loop.model import Verdict
from bisect_loop.search.ddmin import ddmin
from bisect_loop.search.question import drive

from .predicates import Predicate, arbitrary, minimal_sets, monotone_worlds, neighbours
from .worlds import After, World


@given(monotone_worlds())
def test_agrees_with_brute_force(world: World) -> None:
    """Where more never mends what fewer break, the answer is one of the minimal sets."""
    assert drive(ddmin(world.items), world) in minimal_sets(world)


@given(arbitrary())
def test_is_one_minimal_for_any_predicate(drawn: tuple[tuple[str, ...], Predicate]) -> None:
    """As published: the result reproduces, and no neighbour less by one item does."""
    items, predicate = drawn
    found = drive(ddmin(items), predicate)
    assert predicate(found) is Verdict.REPRODUCES
    assert all(predicate(less) is not Verdict.REPRODUCES for less in neighbours(found))


def test_the_example_of_the_paper() -> None:
    """1, 7 and 8 of eight changes are needed together (Zeller & Hildebrandt 2002, figure 7)."""
    world = World("1 2 3 4 5 6 7 8", After("1 7 8"))
    assert drive(ddmin(world.items), world) == ("1", "7", "8")
