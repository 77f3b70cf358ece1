from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bisect_loop.search.rates import confidence, fisher, interval, runs_needed, silent_runs


@pytest.mark.parametrize(
    ("arms", "expected"),
    [
        ((3, 3, 0, 3), 1 / 20),
        ((5, 5, 0, 5), 1 / 252),
        ((3, 4, 1, 4), 17 / 70),  # Fisher's lady, who tastes tea
        ((0, 3, 0, 3), 1.0),
        ((0, 0, 0, 0), 1.0),
        ((2, 2, 0, 0), 1.0),
    ],
)
def test_fisher_by_known_values(arms: tuple[int, int, int, int], expected: float) -> None:
    """The one-sided p-value, exact."""
    assert fisher(*arms) == pytest.approx(expected)
    assert confidence(*arms) == pytest.approx(1 - expected)


def test_fisher_is_the_share_of_ways_at_least_as_extreme() -> None:
    """By brute force: of all ways to deal out the failures, those with as many or more in the first arm."""
    for runs, control_runs in product(range(1, 5), repeat=2):
        for failed, control_failed in product(range(runs + 1), range(control_runs + 1)):
            deals = [
                deal for deal in product((0, 1), repeat=runs + control_runs) if sum(deal) == failed + control_failed
            ]
            extreme = [deal for deal in deals if sum(deal[:runs]) >= failed]
            assert fisher(failed, runs, control_failed, control_runs) == pytest.approx(len(extreme) / len(deals))


def test_confidence_is_a_posterior_probability() -> None:
    """3 of 3 against 0 of 3: P(rate > control) under the cautious priors of Altham, by numerical integration."""
    steps = 20_000
    # Beta(3, 1) for the rate has the distribution function x ** 3; Beta(1, 3) the density 3 (1 - x) ** 2.
    less = sum((x := (step + 0.5) / steps) ** 3 * 3 * (1 - x) ** 2 for step in range(steps)) / steps
    assert confidence(3, 3, 0, 3) == pytest.approx(1 - less, abs=1e-6)


def test_no_difference_gives_no_confidence() -> None:
    """Two arms that behave alike say nothing for either."""
    assert confidence(2, 4, 2, 4) < 0.5
    assert confidence(0, 5, 5, 5) == pytest.approx(0.0)


@pytest.mark.parametrize(
    ("failed", "runs", "low", "high"), [(0, 10, 0.0, 0.2775), (5, 10, 0.2366, 0.7634), (10, 10, 0.7225, 1.0)]
)
def test_wilson_by_known_values(failed: int, runs: int, low: float, high: float) -> None:
    """The 95 % interval of the literature."""
    assert interval(failed, runs) == (pytest.approx(low, abs=1e-4), pytest.approx(high, abs=1e-4))


@given(st.integers(0, 200), st.integers(0, 200), st.sampled_from([0.5, 0.9, 0.95, 0.99]))
def test_the_interval_holds_the_rate(failed: int, more: int, level: float) -> None:
    """It lies within 0 and 1, holds k/n, and is never empty."""
    low, high = interval(failed, failed + more, level)
    assert 0.0 <= low < high <= 1.0
    if failed + more:
        assert low <= failed / (failed + more) <= high


def test_impossible_counts_are_refused() -> None:
    """More failures than runs is an error of the caller, not a rate."""
    with pytest.raises(ValueError, match="4 of 3"):
        fisher(4, 3, 0, 3)
    with pytest.raises(ValueError, match="-1 of 3"):
        interval(-1, 3)


def test_runs_needed_are_just_enough() -> None:
    """After that many passes a failure is missed as seldom as is allowed, and not one pass sooner."""
    assert runs_needed(1.0) == 1
    for rate, level in product((0.05, 0.3, 0.5, 0.95, 0.999), (0.9, 0.99)):
        runs = runs_needed(rate, level)
        assert (1 - rate) ** runs <= 1 - level + 1e-12
        assert runs == 1 or (1 - rate) ** (runs - 1) > 1 - level
    for rate, level in ((0.0, 0.9), (1.1, 0.9), (0.5, 1.0)):
        with pytest.raises(ValueError, match="no number of runs"):
            runs_needed(rate, level)


@given(st.integers(1, 24), st.integers(0, 24))
def test_silence_is_long_enough_and_no_longer(failed: int, passed: int) -> None:
    """So many runs without a failure are sure by Fisher's test, and one run fewer is not."""
    silent = silent_runs(failed, failed + passed)
    assert confidence(failed, failed + passed, 0, silent) >= 0.99
    assert silent == 1 or confidence(failed, failed + passed, 0, silent - 1) < 0.99


def test_silence_after_no_failure_says_nothing() -> None:
    with pytest.raises(ValueError, match="never failed"):
        silent_runs(0, 5)
