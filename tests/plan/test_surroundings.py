"""Which plugins and whether the hash seed a failure needs, against a runner whose truth is known."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from bisect_loop.model import Condition, Ending, Needs, Outcome, Signature, Trial, TrialResult, Verdict
from bisect_loop.runner.dispatch import Dispatch
from bisect_loop.search import judge
from bisect_loop.surroundings import surroundings

BROKEN = Signature("AssertionError", "tests/test_a.py:1", "no", "call")
TRIAL = Trial(("p", "v"), Condition(("tests",)))
PLUGINS = ("asyncio", "randomly", "socket", "timeout")


class Truth:
    """Fails where the needed plugins are there, and the hash seed where that is needed; `breaks` cannot be missed."""

    name = "fresh"

    def __init__(self, plugins: set[str], *, hash_seed: bool = False, breaks: str = "") -> None:
        self._plugins, self._hash_seed, self._breaks = plugins, hash_seed, breaks
        self.trials = 0

    def run(self, trial: Trial) -> TrialResult:
        self.trials += 1
        gone = {word[3:] for word in trial.condition.args if word.startswith("no:")}
        if self._breaks in gone:
            return TrialResult((), Ending.USAGE_ERROR, "fresh")
        fails = not self._plugins & gone and not (self._hash_seed and trial.condition.hash_seed != "0")
        outcome = Outcome("v", "failed", (BROKEN,)) if fails else Outcome("v", "passed")
        return TrialResult((Outcome("p", "passed"), outcome), Ending.FINISHED, "fresh")

    def close(self) -> None:
        """Nothing is open."""


def ask(truth: Truth) -> Needs:
    def judged(result: TrialResult) -> Verdict:
        return judge.verdict(result, "v", BROKEN)

    with ThreadPoolExecutor(1) as executor:
        dispatch = Dispatch(fresh=truth, fork=None, executor=executor)
        return surroundings(dispatch, TRIAL, judged, PLUGINS, Needs(spared=("MODE",)))


def test_one_trial_where_nothing_matters() -> None:
    """The usual case costs one trial, and plugins that run tests are left alone."""
    truth = Truth(set())
    assert ask(truth) == Needs(spared=("MODE", "pytest-randomly", "pytest-socket", "pytest-timeout"))
    assert truth.trials == 1


@pytest.mark.parametrize("needed", [{"randomly"}, {"socket", "timeout"}])
def test_the_needed_plugins_are_named(needed: set[str]) -> None:
    """Each plugin without which the victim passes."""
    found = ask(Truth(needed))
    assert set(found.plugins) == needed
    assert set(found.spared) == {"MODE"} | {f"pytest-{name}" for name in {"randomly", "socket", "timeout"} - needed}
    assert not found.hash_seed


def test_the_hash_seed() -> None:
    """A failure that hangs on the order of a set needs the hash seed."""
    assert ask(Truth(set(), hash_seed=True)).hash_seed


def test_what_cannot_be_told_is_not_said() -> None:
    """Without a plugin whose option is used pytest does not start: it is neither needed nor spared."""
    found = ask(Truth({"randomly"}, breaks="timeout"))
    assert found.plugins == ("randomly",)
    assert found.spared == ("MODE", "pytest-socket")
