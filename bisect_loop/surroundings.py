"""Which plugins a failure needs, and whether it needs the hash seed: conditions that no variable of CI names."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from bisect_loop.model import Condition, Needs, Trial, TrialResult, Verdict
from bisect_loop.runner.dispatch import Dispatch

# Plugins that change how tests run rather than run them: without the others most suites cannot run at all. The name
# that `-p no:` takes, where it is another one.
_MAY_MATTER = {
    "randomly": "randomly",
    "random-order": "random_order",
    "timeout": "timeout",
    "rerunfailures": "rerunfailures",
    "socket": "socket",
    "env": "env",
    "forked": "pytest_forked",
    "repeat": "pytest_repeat",
}
_OTHER_HASH_SEED = "4711"


def without(condition: Condition, plugins: Sequence[str]) -> Condition:
    """Return `condition` without `plugins`, under the names that a suite lists them by."""
    words = [word for name in plugins for word in ("-p", f"no:{_MAY_MATTER[name]}")]
    return replace(condition, args=(*words, *condition.args))


def surroundings(
    dispatch: Dispatch, trial: Trial, judged: Callable[[TrialResult], Verdict], plugins: Sequence[str], needs: Needs
) -> Needs:
    """Return `needs` with what `trial`, which reproduces, needs of `plugins` (those of the suite) and the hash seed.

    One fresh trial where nothing of it matters. What a trial leaves open (an option of a plugin that is gone) is not
    said. Raises OutOfBudget.
    """
    present = [name for name in plugins if name in _MAY_MATTER]

    def shown(condition: Condition) -> Verdict:
        return judged(dispatch.run(replace(trial, condition=condition), "fresh"))

    other = replace(trial.condition, hash_seed=_OTHER_HASH_SEED)
    if shown(without(other, present)) is Verdict.REPRODUCES:
        return replace(needs, spared=(*needs.spared, *(f"pytest-{name}" for name in present)))
    verdicts = {name: shown(without(trial.condition, [name])) for name in present}
    spared = [f"pytest-{name}" for name, verdict in verdicts.items() if verdict is Verdict.REPRODUCES]
    needed = [name for name, verdict in verdicts.items() if verdict is Verdict.DOES_NOT]
    return replace(
        needs,
        plugins=tuple(needed),
        hash_seed=shown(other) is Verdict.DOES_NOT,
        spared=(*needs.spared, *spared),
    )
