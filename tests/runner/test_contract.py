"""What every Runner promises, the declared one included."""

from __future__ import annotations

import pytest

from bisect_loop.model import Ending
from bisect_loop.runner import Runner
from tests.runner import suites
from tests.runner.conftest import trial

VICTIM = suites.nodeid("test_victim")


def results(outcome_list: object) -> list[str]:
    return [outcome.result for outcome in outcome_list]  # type: ignore[attr-defined]


def test_order_is_kept_and_decides(runner: Runner) -> None:
    """The tests run in the order that was asked for, and only those."""
    after = runner.run(trial("test_polluter", "test_victim"))
    assert after.ending is Ending.FINISHED
    assert [outcome.nodeid for outcome in after.outcomes] == [suites.nodeid("test_polluter"), VICTIM]
    assert results(after.outcomes) == ["passed", "failed"]
    assert results(runner.run(trial("test_victim", "test_polluter")).outcomes) == ["passed", "passed"]
    assert results(runner.run(trial("test_polluter", "test_cleaner", "test_victim")).outcomes) == ["passed"] * 3


def test_trials_do_not_see_one_another(runner: Runner) -> None:
    """What one trial pollutes is gone in the next."""
    assert results(runner.run(trial("test_polluter")).outcomes) == ["passed"]
    assert results(runner.run(trial("test_victim")).outcomes) == ["passed"]


def test_signature_of_a_failure(runner: Runner) -> None:
    """A failure carries its type, phase and the line of the user's own code."""
    outcome = runner.run(trial("test_polluter", "test_victim")).of(VICTIM)
    assert outcome is not None
    (signature,) = outcome.signatures
    assert (signature.type, signature.phase, signature.where) == ("AssertionError", "call", f"{suites.FILE}:14")


@pytest.mark.parametrize("name", ["test_exit", "test_signal"])
def test_crash_is_an_ending(runner: Runner, name: str) -> None:
    """A process that dies ends the trial; the test that ran then has failed, the next has no outcome."""
    result = runner.run(trial("test_cleaner", name, "test_victim"))
    assert result.ending is Ending.CRASHED
    assert results(result.outcomes) == ["passed", "failed"]
    assert result.outcomes[-1].signatures[0].family == "crash"
    assert result.of(VICTIM) is None


def test_hang_is_an_ending(runner: Runner) -> None:
    """Silence beyond the time limit ends the trial, and is never a pass."""
    result = runner.run(trial("test_cleaner", "test_hang", "test_victim", timeout=8.0))
    assert result.ending is Ending.TIMEOUT
    assert result.outcomes[-1].signatures[0].family == "hang"
    assert result.of(VICTIM) is None


def test_skip_and_teardown(runner: Runner) -> None:
    """A skip is no pass, and a teardown error after a pass is a failure."""
    result = runner.run(trial("test_skip", "test_teardown"))
    assert results(result.outcomes) == ["skipped", "failed"]
    assert result.outcomes[1].signatures[0].phase == "teardown"


def test_unknown_id_is_missing(runner: Runner) -> None:
    """An id that is not collected is named, not passed over in silence."""
    result = runner.run(trial("test_nowhere", "test_cleaner"))
    assert result.missing == (suites.nodeid("test_nowhere"),)
    assert results(result.outcomes) == ["passed"]


def test_repeats_agree(runner: Runner) -> None:
    """The same trial gives the same outcomes again."""
    first, second = (runner.run(trial("test_polluter", "test_victim")) for _ in range(2))
    assert results(first.outcomes) == results(second.outcomes)


def test_close_twice(runner: Runner) -> None:
    """Closing is safe at any time."""
    runner.close()
    runner.close()
