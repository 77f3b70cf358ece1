"""Which conditions are needed: right, and within the promised number of trials."""

from __future__ import annotations

from itertools import combinations

import pytest

from bisect_loop.model import Verdict
from bisect_loop.search.needed import needed
from bisect_loop.search.question import drive

EIGHT = tuple(f"condition{number}" for number in range(8))


@pytest.mark.parametrize("number", range(4))
def test_the_minimal_subset_of_eight_in_at_most_ten_trials(number: int) -> None:
    """Whichever of eight conditions are needed together, they are found in at most ten trials."""
    for wanted in combinations(EIGHT, number):
        asked = []

        def judged(kept: tuple[str, ...], wanted: tuple[str, ...] = wanted, asked: list[int] = asked) -> Verdict:
            asked.append(1)
            return Verdict.REPRODUCES if set(wanted) <= set(kept) else Verdict.DOES_NOT

        assert drive(needed(EIGHT), judged) == wanted
        assert len(asked) <= 10


def test_many_conditions_are_narrowed_first() -> None:
    """Of forty conditions one is found in far fewer than forty trials."""
    many = tuple(range(40))
    asked = []

    def judged(kept: tuple[int, ...]) -> Verdict:
        asked.append(1)
        return Verdict.REPRODUCES if 17 in kept else Verdict.DOES_NOT

    assert drive(needed(many), judged) == (17,)
    assert len(asked) <= 16


def test_an_unresolved_trial_spares_nothing() -> None:
    """What could not be told without a condition keeps it."""
    assert drive(needed(("a", "b")), lambda _kept: Verdict.UNRESOLVED) == ("a", "b")
