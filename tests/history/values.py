"""Values for the tests of the store."""

from __future__ import annotations

from bisect_loop.history import FindingContext
from bisect_loop.model import Condition, Ending, Finding, Outcome, Signature, Trial, TrialResult


class Clock:
    """A clock that stands until it is told."""

    def __init__(self) -> None:
        self.now = 1_700_000_000.0

    def __call__(self) -> float:
        return self.now


def trial(*order: str, attempt: int = 0) -> Trial:
    return Trial(order=order, condition=Condition(), attempt=attempt)


def result(*failed: str, message: str = "boom", runner: str = "fork") -> TrialResult:
    signature = Signature("ValueError", "tests/test_a.py:3", message, "call")
    outcomes = tuple(Outcome(nodeid, "failed", (signature,), 0.25) for nodeid in failed)
    return TrialResult(outcomes, Ending.FINISHED, runner, seconds=0.5)


def finding(victim: str = "tests/test_a.py::test_victim", **changes: object) -> Finding:
    values: dict[str, object] = {
        "kind": "victim",
        "victim": victim,
        "signature": Signature("ValueError", "tests/test_a.py:3", "boom", "call"),
        "minimal_order": ("tests/test_a.py::test_polluter", victim),
        "polluters": ("tests/test_a.py::test_polluter",),
    }
    return Finding(**{**values, **changes})  # type: ignore[arg-type]


CONTEXT = FindingContext(condition=Condition(args=("tests",)), root="/project", python="/usr/bin/python3")
