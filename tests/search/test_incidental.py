from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bisect_loop.model import Verdict
from bisect_loop.search.incidental import incidental
from bisect_loop.search.question import drive

from .predicates import Predicate, arbitrary

ALIKE = {"a": ("x", "y"), "b": ("x", "y"), "c": ("x", "y")}


def judged_by(*sets: str) -> Predicate:
    """What reproduces when all letters of one of `sets` are there, in this order."""

    def judged(chosen: tuple[str, ...]) -> Verdict:
        def holds(wanted: str) -> bool:
            rest = iter(chosen)
            return all(letter in rest for letter in wanted)

        return Verdict.REPRODUCES if any(map(holds, sets)) else Verdict.DOES_NOT

    return judged


def test_who_only_stands_between_is_named() -> None:
    """Whatever test runs after "a" does in the place of "b"; nobody does in that of "a"."""
    assert drive(incidental(("a", "b"), ALIKE), judged_by("ab", "ax", "ay")) == ("b",)


def test_one_stand_in_that_does_not_do_is_enough() -> None:
    asked: list[tuple[str, ...]] = []

    def judged(chosen: tuple[str, ...]) -> Verdict:
        asked.append(chosen)
        return judged_by("ab", "ay")(chosen)

    assert drive(incidental(("a", "b"), ALIKE), judged) == ()
    assert asked == [("x", "b"), ("a", "x")]


def test_a_stand_in_that_pollutes_by_itself_says_nothing() -> None:
    assert drive(incidental(("a", "b"), ALIKE), judged_by("ab", "x", "y")) == ()


def test_where_nobody_is_special_nobody_is_named() -> None:
    """Any two tests do: to say so of both would leave nothing that was said of either."""
    anything = judged_by("ab", "xb", "yb", "ax", "ay")
    assert drive(incidental(("a", "b"), ALIKE), anything) == ()


def test_a_stand_in_that_pollutes_with_one_of_the_others_says_nothing() -> None:
    assert drive(incidental(("a", "b", "c"), ALIKE), judged_by("abc", "axc", "ayc", "xc", "yc")) == ()
    assert drive(incidental(("a", "b", "c"), ALIKE), judged_by("abc", "axc", "ayc")) == ("b",)


def test_one_polluter_and_few_others_ask_nothing() -> None:
    nobody: dict[str, tuple[str, ...]] = {"a": ("x",), "b": ()}
    assert drive(incidental(("a",), ALIKE), judged_by("a", "x", "y")) == ()
    assert drive(incidental(("a", "b"), nobody), judged_by("ab", "ax", "xb")) == ()


@given(arbitrary(most=8), st.integers(2, 4))
def test_whoever_is_named_was_replaced_by_each(drawn: tuple[tuple[str, ...], Predicate], number: int) -> None:
    """Whatever the predicate: with every stand-in it was seen to reproduce, and the stand-in alone not to."""
    items, predicate = drawn
    polluters, others = items[:number], items[number : number + 2]
    found = drive(incidental(polluters, dict.fromkeys(polluters, others)), predicate)
    for one in found:
        assert len(others) == 2
        for other in others:
            assert predicate(tuple(other if item == one else item for item in polluters)) is Verdict.REPRODUCES
            instead = [other if item == one else item for item in polluters]
            for needed in set(instead) - {other}:
                assert predicate(tuple(item for item in instead if item != needed)) is Verdict.DOES_NOT
