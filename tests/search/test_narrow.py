from __future__ import annotations

import doctest
import random

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bisect_loop.model import Verdict
from bisect_loop.search import narrow as module
from bisect_loop.search.alternatives import alternatives
from bisect_loop.search.cleaners import cleaners
from bisect_loop.search.ddmin import ddmin
from bisect_loop.search.narrow import narrow
from bisect_loop.search.question import Done, NotReproducing, advance, answer, drive

from .predicates import (
    Predicate,
    arbitrary,
    crashing_worlds,
    drive_wide,
    minimal_sets,
    monotone_worlds,
    neighbours,
)
from .worlds import After, Crash, Either, Toggle, World, names


@given(monotone_worlds(most=12))
def test_agrees_with_brute_force_and_with_the_reference(world: World) -> None:
    """A minimal set, proven so; the very one that ddmin finds where there is only one."""
    result = drive(narrow(world.items), world)
    possible = minimal_sets(world)
    assert result.minimal in possible and result.one_minimal
    if len(possible) == 1:
        assert drive(ddmin(world.items), world) == result.minimal


@given(arbitrary(most=14))
def test_holds_for_any_predicate(drawn: tuple[tuple[str, ...], Predicate]) -> None:
    """Reproduced, in order, 1-minimal, counted, nothing asked twice, `others` apart: whatever the predicate."""
    items, predicate = drawn
    asked: list[tuple[str, ...]] = []

    def counted(prefix: tuple[str, ...]) -> Verdict:
        asked.append(prefix)
        return predicate(prefix)

    result = drive(narrow(items), counted)
    around = [predicate(less) for less in neighbours(result.minimal)]
    assert result.minimal in {items, *asked} and predicate(result.minimal) is Verdict.REPRODUCES
    assert result.minimal == tuple(item for item in items if item in result.minimal)
    assert Verdict.REPRODUCES not in around
    assert result.one_minimal == (Verdict.UNRESOLVED not in around)
    assert result.asked == len(asked) == len(set(asked))
    assert all(predicate(one) is Verdict.REPRODUCES for one in result.others)
    assert not {item for one in result.others for item in one} & set(result.minimal)


@given(crashing_worlds(most=10))
def test_crashes_hide_nothing_and_prove_nothing(world: World) -> None:
    """With items that crash without a set-up the result reproduces, and is called minimal only if it is."""
    assume(world.verdict(world.items) is Verdict.REPRODUCES)
    result = drive(narrow(world.items), world)
    around = [world.verdict(less) for less in neighbours(result.minimal)]
    assert world.verdict(result.minimal) is Verdict.REPRODUCES
    assert result.one_minimal == all(verdict is Verdict.DOES_NOT for verdict in around)


@given(arbitrary(most=14), st.integers(0, 2**16))
def test_the_same_answer_at_every_width(drawn: tuple[tuple[str, ...], Predicate], seed: int) -> None:
    """One worker or eight, and whichever is done first: same questions, same result, for every search."""
    items, predicate = drawn
    chance = random.Random(seed)
    searches = [
        lambda: narrow(items, suspects=[items[:1], items[1:3]]),
        lambda: alternatives(items, [items[:1]], limit=5),
        lambda: cleaners(items[:1], items, limit=3),
        lambda: ddmin(items),
    ]
    for search in searches:
        result, questions = drive_wide(search(), predicate, 1, chance)
        for width in (2, 8):
            assert drive_wide(search(), predicate, width, chance) == (result, questions)
        assert drive(search(), predicate) == result


@given(st.integers(0, 999))
def test_the_usual_case_costs_what_the_chunks_cost(place: int) -> None:
    """One polluter of 1,000: 26 verdicts, about every item once, no check of what is clear."""
    items = names(1000)
    world = World(items, After(items[place]))
    result = drive(narrow(items, check=True), world)
    assert result.minimal == (items[place],) and result.one_minimal
    assert result.asked <= 8 + 8 + 8 + 2
    assert world.executed <= 1.15 * len(items)


def test_a_pair_costs_one_round_of_chunks_more_than_its_peel() -> None:
    """Two of 1,000 needed together: at most 8 + 24 + 1 verdicts in the mean."""
    chance = random.Random(2)
    items = names(1000)
    asked = []
    for _ in range(50):
        needed = sorted(chance.sample(items, 2))
        result = drive(narrow(items), World(items, After(needed)))
        assert result.minimal == tuple(needed) and result.one_minimal
        asked.append(result.asked)
    assert sum(asked) / len(asked) <= 33


def test_a_right_suspect_settles_it_at_once() -> None:
    """A suspect that reproduces is the answer after as many trials as there were suspects before it."""
    world = World(names(1000), After("t0500"))
    result = drive(narrow(world.items, suspects=[("t0001",), ("t0500",)]), world)
    assert result.minimal == ("t0500",) and result.one_minimal and result.asked == 2


def test_a_suspect_is_narrowed_too() -> None:
    """A suspected set that holds more than it takes is made smaller."""
    world = World(names(100), After("t0050"))
    assert drive(narrow(world.items, suspects=[("t0001", "t0050")]), world).minimal == ("t0050",)


def test_a_wrong_suspect_accuses_nobody() -> None:
    """Evidence ranks; only trials accuse."""
    world = World(names(100), After("t0050"))
    result = drive(narrow(world.items, suspects=[("t0001",), ("t0002",)]), world)
    assert result.minimal == ("t0050",)


def test_a_cleaner_behind_the_polluter() -> None:
    """With a check, a polluter is found though everything before the victim, then the victim, passes."""
    world = World(names(100), After("t0010", unless="t0090"))
    assert drive(narrow(world.items, check=True), world).minimal == ("t0010",)


def test_the_check_is_only_made_where_it_matters() -> None:
    """The whole is run when no chunk reproduced, and never twice."""
    world = World(names(80), After("t0001 t0079"))
    assert drive(narrow(world.items, check=True), world).minimal == ("t0001", "t0079")
    assert world.asked.count(world.items) == 1 and world.asked.index(world.items) == 8
    world = World(names(80), After("t0001"))
    drive(narrow(world.items, check=True), world)
    assert world.items not in world.asked


def test_items_that_do_not_reproduce_are_refused() -> None:
    """With a check, what reproduces neither as a whole nor in a chunk raises, whether it passes or crashes."""
    for crashes in ([], [Crash("t0003")]):
        world = World(names(40), After("elsewhere"), crashes=crashes)
        with pytest.raises(NotReproducing):
            drive(narrow(world.items, check=True), world)


def test_a_healing_victim_gives_one_polluter() -> None:
    """Seven tests that toggle the state: one of them is the answer, and another is not added."""
    items = names(7)
    result = drive(narrow(items), World(items, Toggle(items)))
    assert len(result.minimal) == 1 and result.one_minimal


def test_many_that_are_all_needed() -> None:
    """A run of needed items is left to ddmin, for less than a plain peel would take."""
    items = names(200)
    needed = items[150:180]
    result = drive(narrow(items), World(items, After(needed)))
    assert result.minimal == needed and result.one_minimal
    assert result.asked < 30 * 8


def test_conditions_are_items_like_any_other() -> None:
    """Which of CI's conditions does it take? None of them may be the answer as well."""
    conditions = ("REDIS_URL", "DATABASE_URL", "coverage", "xdist", "redis")
    world = World(conditions, After("REDIS_URL redis"))
    assert drive(narrow(conditions, empty=None), world).minimal == ("REDIS_URL", "redis")
    free = World(conditions, After(""))
    result = drive(narrow(conditions, empty=None), free)
    assert result.minimal == () and result.one_minimal and result.asked == 1


def test_items_may_be_anything_and_may_repeat() -> None:
    """Items are compared and never looked into; one that stands twice is two items."""
    items = (1, 2, 1, 3)

    def twice(prefix: tuple[int, ...]) -> Verdict:
        return Verdict.REPRODUCES if prefix.count(1) == 2 else Verdict.DOES_NOT

    assert drive(narrow(items), twice).minimal == (1, 1)


def test_what_else_reproduced_is_there_at_every_later_question() -> None:
    """A caller who stops during the peel still has the other chunks."""
    pairs = Either([After("t0001 t0009"), After("t0040 t0041"), After("t0070 t0071")])
    world = World(names(80), pairs)
    search = narrow(world.items)
    state, found = advance(search), []
    while not isinstance(state, Done):
        found.append(state.found)
        state = advance(search, answer(state, world))
    assert state.result.minimal == ("t0001", "t0009")
    assert found[-1] == state.result.others and len(state.result.others) == 2


def test_the_docstring_is_true() -> None:
    """The example of a brittle test runs as it is printed."""
    assert doctest.testmod(module).failed == 0
