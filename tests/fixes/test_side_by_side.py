"""How a mend of tests that clash side by side is tried: as often as it takes, and never beside anything else."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import pytest

from bisect_loop.fixes import arms
from bisect_loop.fixes.arms import (
    IN_ONE_PROCESS,
    IN_ORDER,
    POLLUTER,
    REVERSED,
    SIDE_BY_SIDE,
    VICTIM,
    Arm,
    fails_as_before,
)
from bisect_loop.fixes.model import Candidate, Edit
from bisect_loop.fixes.trial import CannotTry, FixTrials
from bisect_loop.model import (
    Condition,
    Confirmation,
    Ending,
    Finding,
    Fix,
    Lane,
    Outcome,
    Signature,
    TrialResult,
    Worker,
)
from bisect_loop.runner.command import PlainCommand
from bisect_loop.runner.dispatch import Dispatch
from bisect_loop.search.rates import silent_runs
from tests.fakes import FakeSuite

CLASH = Signature("AssertionError", "t.py:2", "assert 1 == 2", "call")
P, V = "t.py::p", "t.py::v"
FINDING = Finding(
    "cross-process",
    V,
    CLASH,
    (P, V),
    polluters=(P,),
    confirmed=True,
    confirmation=Confirmation((5, 5), (3, 3)),
    lanes=(Lane(Worker("gw0", 2), (P,)), Lane(Worker("gw1", 2), (V,))),
)
MEND = Candidate("lock", "", "conftest.py:1", (Edit("conftest.py", None, "LOCK = 1\n"),))


def ran(*order: str, failed: str = "") -> TrialResult:
    outcomes = [Outcome(one, "failed", (CLASH,)) if one == failed else Outcome(one, "passed") for one in order]
    return TrialResult(tuple(outcomes), Ending.FINISHED, "fresh")


class Trials(FixTrials):
    """Answers out of lists: `clashes` says of each run side by side whether the victim fails."""

    def __init__(self, clashes: Sequence[bool], times: int = 3) -> None:
        suite = SimpleNamespace(nodeids=())
        commander: Any = SimpleNamespace(by_lanes=lambda *_, **__: PlainCommand(SIDE_BY_SIDE), suite=suite)
        nothing: Any = SimpleNamespace(orderly=lambda: [()])
        super().__init__(nothing, commander, nothing, Condition(), nothing, nothing, nothing, times, 1.0)
        self.clashes = list(clashes)
        self.seen: list[tuple[str, ...]] = []

    def _there(self) -> Any:
        return self.commander, self.condition

    def _commands(self, orders: Any, **_: Any) -> list[Arm]:
        return [Arm(name, order, name) for name, order, _ in orders]

    def from_original(self, *_: Any) -> str:
        return ""

    def _run(self, texts: Sequence[str], *_: Any) -> list[TrialResult]:
        self.seen.append(tuple(texts))
        results = {IN_ONE_PROCESS: ran(V, P), VICTIM: ran(V)}
        return [results.get(text) or ran(V, P, failed=V if self.clashes.pop(0) else "") for text in texts]

    def judged(self) -> Fix:
        return self._judged(FINDING, MEND, self.arms(FINDING), Fix("lock", ""), "mark")


@pytest.mark.parametrize("passed_before", [0, 7])
def test_the_rarer_it_is_in_the_copy_the_longer_silence_must_be(passed_before: int) -> None:
    """Runs of the unmended copy that show nothing count as well as the one that does."""
    times = silent_runs(6, 6 + passed_before)
    found = Trials([*[False] * passed_before, True, *[False] * 30]).judged()
    assert found.verified == (times, times)
    assert found.works
    assert times >= 4 + passed_before


def test_nothing_runs_beside_it() -> None:
    trials = Trials([True, *[False] * 30])
    trials.judged()
    assert {len(texts) for texts in trials.seen} == {1}
    assert {text for texts in trials.seen for text in texts} == {SIDE_BY_SIDE, IN_ONE_PROCESS, VICTIM}


PAIR = Finding("victim", V, CLASH, (P, V), polluters=(P,), confirmed=True)


class Disturbed(Trials):
    """Of several runs at once, those of the polluter alone fail; alone those of `broken` do."""

    def __init__(self, broken: str = "") -> None:
        super().__init__([])
        self.broken = broken
        self.dispatch = Dispatch(FakeSuite(()), None, ThreadPoolExecutor(1), 2, 2)

    def _run(self, texts: Sequence[str], *_: Any) -> list[TrialResult]:
        self.seen.append(tuple(texts))
        orders = {IN_ORDER: (P, V), REVERSED: (V, P), VICTIM: (V,), POLLUTER: (P,)}
        failing = POLLUTER if len(texts) > 1 else self.broken
        return [ran(*orders[text], failed=orders[text][-1] if text == failing else "") for text in texts]

    def judged(self) -> Fix:
        orders = {IN_ORDER: (P, V), REVERSED: (V, P), VICTIM: (V,), POLLUTER: (P,)}
        arms = [Arm(name, order, name, 1 if name != IN_ORDER else 3) for name, order in orders.items()]
        return self._judged(PAIR, MEND, arms, Fix("lock", ""), "mark")

    def _fail_anyway(self, _arm: Arm) -> frozenset[str]:
        return frozenset()


def test_no_mend_is_rejected_for_what_another_run_did() -> None:
    """What fails beside others and passes alone is seen again alone, like all that ran beside it."""
    trials = Disturbed()
    found = trials.judged()
    assert (found.works, found.verified) == (True, (3, 3))
    assert trials.dispatch.fresh_width == 1
    assert [len(texts) for texts in trials.seen] == [1, 5, *[1] * 5]


def test_a_mend_that_fails_alone_too_costs_one_run_more() -> None:
    trials = Disturbed(broken=POLLUTER)
    found = trials.judged()
    assert not found.works
    assert [run for run in found.runs if run[1] < run[2]] == [(POLLUTER, 0, 1)]
    assert [len(texts) for texts in trials.seen] == [1, 5, 1]
    assert trials.dispatch.fresh_width == 2


def test_a_mend_that_only_makes_it_rarer_is_none() -> None:
    found = Trials([True, False, False, True, *[False] * 30]).judged()
    assert (found.works, found.verified) == (False, (3, 4))
    assert found.note == "the tests side by side passed with it in 3 of 4 runs"


def test_what_cannot_be_told_from_chance_is_not_tried() -> None:
    """A copy that never shows it, or too seldom, proves nothing; many confirmations asked for are no reason."""
    with pytest.raises(CannotTry, match="does not show"):
        Trials([False] * 30).arms(FINDING)
    seldom = Trials([*[False] * 99, True])
    with pytest.raises(CannotTry, match="too seldom"):
        seldom.arms(
            Finding("cross-process", V, CLASH, (P, V), failure_rate=0.04, confirmation=Confirmation((1, 24), (3, 3)))
        )
    assert Trials([True], times=40).arms(FINDING)[0].times == 40


def test_a_line_that_moved_is_the_same_line() -> None:
    """An edit above moves it; another line of the same file is another failure."""
    edit = Edit("t.py", "def v():\n    assert a\n    assert b\n", "@mark\ndef v():\n    assert a\n    assert b\n")
    moved, other = (Outcome(V, "failed", (Signature("AssertionError", f"t.py:{n}", "", "call"),)) for n in (3, 4))
    assert fails_as_before(moved, CLASH, [edit])
    assert not fails_as_before(other, CLASH, [edit])
    assert fails_as_before(Outcome(V, "failed", (CLASH,)), CLASH, [])
    assert not fails_as_before(moved, CLASH, [])
    assert arms.why(ran(P, V, failed=V), Arm(VICTIM, (V,), ""), [Arm(VICTIM, (P, V), "")], FINDING, []).startswith(
        "victim alone: t.py::v fails with it"
    )
