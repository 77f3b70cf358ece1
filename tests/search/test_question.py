from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bisect_loop.model import Verdict
from bisect_loop.search.narrow import narrow
from bisect_loop.search.question import Done, Question, advance, answer, ask_first, cut, drive, heard, with_found

from .worlds import After, World, names

YES, NO, OPEN = Verdict.REPRODUCES, Verdict.DOES_NOT, Verdict.UNRESOLVED


def test_answer_stops_at_the_first_that_reproduces() -> None:
    """No candidate is run whose verdict does not matter."""
    world = World("a b c", After("b"))
    question = Question((("a",), ("b",), ("c",)), "first", None, "x")
    assert answer(question, world) == [NO, YES]
    assert world.asked == [("a",), ("b",)]


def test_answer_to_all_runs_all() -> None:
    """Where all is wanted, all candidates are run."""
    world = World("a b c", After("b"))
    assert answer(Question((("a",), ("b",), ("c",)), "all", None, "x"), world) == [NO, YES, NO]


def test_what_was_run_ahead_of_need_is_not_heard() -> None:
    """Verdicts behind the first that reproduces are cut off."""
    question = Question((("a",), ("b",), ("c",)), "first", None, "x")
    assert heard(question, [OPEN, YES, YES]) == (OPEN, YES)


@pytest.mark.parametrize(("want", "verdicts"), [("first", [NO]), ("all", [YES]), ("all", [NO, NO, NO])])
def test_an_answer_of_the_wrong_length_is_refused(want: str, verdicts: list[Verdict]) -> None:
    """A caller that answers too little or too much is told so, before a search concludes from it."""
    with pytest.raises(ValueError, match=r"verdicts for 2 candidates"):
        heard(Question((("a",), ("b",)), want, None, "x"), verdicts)


def test_nothing_is_asked_without_candidates() -> None:
    """An empty question never reaches the caller."""
    assert drive(ask_first([], best=None, stage="x"), World("a", After("a"))) is None


@given(st.integers(0, 200), st.integers(1, 20))
def test_cut_gives_nearly_equal_parts_in_order(count: int, ways: int) -> None:
    """Parts are never empty, differ by at most one item, and put together are the whole."""
    parts = cut(names(count), ways)
    assert sum(parts, ()) == names(count)
    assert len(parts) == min(ways, count)
    assert {len(part) for part in parts} <= {count // ways, count // ways + 1} - {0}


def test_a_caller_who_stops_has_the_best_so_far() -> None:
    """At every question `best` is a set that was seen to reproduce, and it never grows."""
    world = World(names(64), After("t0003 t0040"))
    search = narrow(world.items)
    state, sizes = advance(search), []
    while not isinstance(state, Done):
        assert state.best is not None and world.verdict(state.best) is YES
        sizes.append(len(state.best))
        state = advance(search, answer(state, world))
    assert sizes == sorted(sizes, reverse=True) and sizes[-1] == 2

    stopped = narrow(world.items)
    question = advance(stopped)
    stopped.close()
    assert isinstance(question, Question) and question.best == world.items


def test_what_was_found_goes_along() -> None:
    """A search inside another one carries what the outer one has found."""
    search = with_found(ask_first([("a",)], best=None, stage="x"), [("b",)])
    assert next(search).found == (("b",),)


def test_what_the_predicate_raises_comes_through() -> None:
    """`drive` hides no error, not even one that generators give a meaning to."""

    def broken(_: tuple[str, ...]) -> Verdict:
        raise StopIteration("not the end of the search")

    with pytest.raises(StopIteration, match="not the end"):
        drive(narrow(names(4)), broken)
