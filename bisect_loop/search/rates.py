"""Failure rates of few runs: how sure, how often, how many more.

Only k of n, no trials: whoever counts decides what counts as a failure. UNRESOLVED runs belong to neither.
"""

from __future__ import annotations

from math import ceil, comb, log, sqrt
from statistics import NormalDist


def fisher(failed: int, runs: int, control_failed: int, control_runs: int) -> float:
    """The one-sided p-value of Fisher's exact test: that so many failures fell to the first arm by chance.

    R. A. Fisher, "Statistical Methods for Research Workers", 5th edition, 1934. An arm without runs gives 1.0.
    Raises ValueError where an arm has more failures than runs, or fewer than none.
    """
    for count, total in ((failed, runs), (control_failed, control_runs)):
        if not 0 <= count <= total:
            raise ValueError(f"{count} of {total} runs failed: that cannot be")
    failures = failed + control_failed
    ways = sum(
        comb(runs, count) * comb(control_runs, failures - count) for count in range(failed, min(runs, failures) + 1)
    )
    return ways / comb(runs + control_runs, failures)


def confidence(failed: int, runs: int, control_failed: int, control_runs: int) -> float:
    """How sure it is that the first arm fails more often than the control arm, 0 to 1.

    Fisher's p-value taken from one. That is a posterior probability, and a cautious one: under the priors
    Beta(0, 1) on the first arm's rate and Beta(1, 0) on the control's, which lean against a difference
    (P. M. E. Altham, "Exact Bayesian Analysis of a 2 x 2 Contingency Table", JRSS B 31, 1969). 3 of 3 against
    0 of 3 gives 0.95, 5 of 5 against 0 of 5 gives 0.996.
    """
    return 1.0 - fisher(failed, runs, control_failed, control_runs)


def interval(failed: int, runs: int, level: float = 0.95) -> tuple[float, float]:
    """The interval for a failure rate of `failed` in `runs`, at confidence `level`; (0, 1) without runs.

    E. B. Wilson, "Probable Inference, the Law of Succession, and Statistical Inference", JASA 22, 1927.
    """
    if not 0 <= failed <= runs:
        raise ValueError(f"{failed} of {runs} runs failed: that cannot be")
    if runs == 0:
        return 0.0, 1.0
    z = NormalDist().inv_cdf((1.0 + level) / 2.0)
    rate = failed / runs
    centre = (rate + z * z / (2 * runs)) / (1 + z * z / runs)
    half = z / (1 + z * z / runs) * sqrt(rate * (1 - rate) / runs + z * z / (4 * runs * runs))
    # Exact at the ends, where rounding would leave 1e-17 in place of 0.
    low = 0.0 if failed == 0 else max(centre - half, 0.0)
    high = 1.0 if failed == runs else min(centre + half, 1.0)
    return low, high


def silent_runs(failed: int, runs: int, level: float = 0.99) -> int:
    """How many runs without one failure say, at `level`, that what failed in `failed` of `runs` fails less often now.

    By Fisher's exact test, see `fisher`. Raises ValueError where nothing failed: silence then says nothing.
    """
    if failed < 1:
        raise ValueError("what never failed cannot be told from what fails no more")
    silent = 1
    while confidence(failed, runs, 0, silent) < level:
        silent += 1
    return silent


def runs_needed(rate: float, level: float = 0.99) -> int:
    """How many runs without one failure say, at confidence `level`, that a failure of this `rate` is absent.

    Raises ValueError unless 0 < rate <= 1 and 0 < level < 1.
    """
    if not 0.0 < rate <= 1.0 or not 0.0 < level < 1.0:
        raise ValueError(f"no number of runs for rate {rate} and confidence {level}")
    if rate == 1.0:
        return 1
    return max(1, ceil(log(1.0 - level) / log(1.0 - rate)))
