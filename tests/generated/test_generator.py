"""The generator is right: pytest shows what its model says, and the truth is what trying everything gives."""

from __future__ import annotations

import functools
from pathlib import Path

import pytest

from .draft import World
from .foretold import disagreements, main_orders
from .model import Error
from .oracle import observe
from .worlds import KINDS, generate, kind_of, seeds


@functools.cache
def worlds() -> dict[int, World]:
    """Three suites of each kind."""
    return {seed: generate(seed) for seed in range(3 * len(KINDS))}


def smallest(kind: str) -> int:
    """The seed of the smallest suite among the first five of a kind."""
    return min(seeds(0, 5, frozenset({kind})), key=lambda seed: len(generate(seed).truth.plot.tests))


@pytest.mark.parametrize("kind", KINDS)
def test_plain_pytest_shows_what_the_model_says(kind: str, tmp_path: Path) -> None:
    """Each kind's default order, each victim alone, and a polluting (or setting) set before it go as foretold."""
    truth = generate(smallest(kind)).write(tmp_path)
    assert list(disagreements(truth, tmp_path, main_orders(truth))) == []


@pytest.mark.parametrize("kind", ["pair", "either-or"])
def test_nobody_else_pollutes(kind: str, tmp_path: Path) -> None:
    """Every other test of a small suite, run before the victim in a process of its own, pollutes as foretold."""
    truth = generate(smallest(kind)).write(tmp_path)
    (one,) = truth.expected
    for nodeid in truth.plot.order:
        if nodeid != one.victim:
            failed = observe(tmp_path, (nodeid, one.victim)).seen[one.victim].result == "failed"
            assert failed == (frozenset({nodeid}) in one.polluting_sets), nodeid


def test_an_import_time_polluter_is_harmless_when_not_collected(tmp_path: Path) -> None:
    """The victim of a module's import passes where that module is not collected."""
    truth = generate(smallest("import-time")).write(tmp_path)
    (one,) = truth.expected
    own = truth.plot.test(one.victim).file
    assert observe(tmp_path, (one.victim,)).seen[one.victim].result == "failed"
    assert observe(tmp_path, (one.victim,), files=(own,)).seen[one.victim].result == "passed"


def test_a_seed_gives_one_suite() -> None:
    """Equal seeds give equal files and an equal truth."""
    for seed, world in worlds().items():
        assert generate(seed) == world, seed


def test_the_size_is_that_of_a_small_real_suite() -> None:
    """A suite has 10 to 70 tests with different ids in 2 to 8 files."""
    for seed, world in worlds().items():
        plot = world.truth.plot
        assert 10 <= len(plot.order) == len(set(plot.order)) <= 70, seed
        assert 2 <= len({test.file for test in plot.tests}) <= 8, seed


def test_the_truth_names_those_who_were_cast() -> None:
    """Victims, polluters, setters and innocents worked out from the model are those that the kind meant."""
    for seed, world in worlds().items():
        truth = world.truth
        roles = {test.nodeid: test.role for test in truth.plot.tests}
        assert bool(truth.expected) == (kind_of(seed) != "healthy"), seed
        for one in truth.expected:
            assert "victim" in roles[one.victim], seed
            assert all("polluter" in roles[nodeid] for chosen in one.polluting_sets for nodeid in chosen), seed
            assert all(roles[nodeid] == "setter" for chosen in one.setter_sets for nodeid in chosen), seed
        for nodeid, role in roles.items():
            if any(part in role for part in ("victim", "polluter", "setter", "cleaner")):
                assert nodeid not in truth.innocents, seed


def test_an_expected_failure_shows_in_the_failing_order() -> None:
    """The failing order shows a failure that is expected, and is an order of all tests."""
    for seed, world in worlds().items():
        truth = world.truth
        if truth.failing_order is None:
            assert not truth.expected, seed
            continue
        assert sorted(truth.failing_order) == sorted(truth.plot.order), seed
        shown = {nodeid: seen.error for nodeid, seen in truth.plot.simulate(truth.failing_order).items()}
        assert any(
            one.required and one.depends_on_order and shown.get(one.victim) == one.error for one in truth.expected
        ), seed


def test_a_family_is_one_failure() -> None:
    """Errors of one family are the same failure whatever their type; others are compared exactly."""
    closed, different = Error("RuntimeError", family="cross-loop"), Error("ValueError", "teardown", "cross-loop")
    assert closed.same_as(different)
    assert not Error("RuntimeError").same_as(Error("RuntimeError", "teardown"))
