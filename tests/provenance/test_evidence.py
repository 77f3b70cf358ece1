"""What evidence is worth to the plan, and that gathering it leaves nothing behind."""

from __future__ import annotations

import asyncio
import json
import sys
from asyncio import base_events, locks, runners, streams
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import pytest

from bisect_loop.asking import Failure, Options
from bisect_loop.diagnose import Diagnosis
from bisect_loop.inside.loops.tracer import Tracer
from bisect_loop.inside.signature import Locator
from bisect_loop.model import Suite, Trial, TrialResult
from bisect_loop.provenance.record import read
from bisect_loop.runner.dispatch import Dispatch
from tests.fakes import BROKEN, FakeSuite, Rule
from tests.plan.test_diagnose import CONDITION, IDS, VICTIM, FakeConfirmer, Silent

POLLUTER, INNOCENT = IDS[77], IDS[12]
CROSS_LOOP = replace(BROKEN, type="RuntimeError", message="Event loop is closed")


def touch(test: str) -> str:
    """The event of a victim that used a loop which `test` made."""
    when = {"test": test, "phase": "call", "fixture": "", "stack": [], "loop": 1}
    loop = {"number": 1, "kind": "x", "born": when, "died": when, "pending": [], "binds": []}
    event: dict[str, Any] = {"k": "trace", "what": "touch", "how": "closed", "loop": loop, "phase": "call"}
    return json.dumps({**event, "fixture": "", "stack": [["app/bus.py:7", "publish"]], "libraries": ["redis"]})


@dataclass
class TracedSuite(FakeSuite):
    """A declared suite whose traced trials point at `pointed`."""

    pointed: str = POLLUTER

    def run(self, trial: Trial) -> TrialResult:
        result = super().run(trial)
        return replace(result, trace=(touch(self.pointed),)) if trial.traced else result


def diagnosed(pointed: str, say: Callable[[str], None] = lambda _: None) -> tuple[Any, list[Trial]]:
    rules = (Rule(VICTIM, (POLLUTER,), how=CROSS_LOOP),)
    fork, fresh = TracedSuite(IDS, rules, pointed=pointed), FakeSuite(IDS, rules, name="fresh")
    dispatch = Dispatch(fresh, fork, ThreadPoolExecutor(1), say=say)
    suite = Suite("/nowhere", IDS, "3.11", "9.0", loops=True)
    plan = Diagnosis(dispatch, suite, CONDITION, Silent(), Options(roles=False), confirmer=FakeConfirmer(fresh))
    before = tuple(nodeid for nodeid in IDS if nodeid != VICTIM)
    return plan.diagnose(Failure(VICTIM, CROSS_LOOP, before, None, ("default",))), fork.seen


def test_a_finding_outlives_an_error_in_its_explanation(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was confirmed is worth more than why."""

    def breaks(*_: object, **__: object) -> None:
        raise KeyError("x")

    monkeypatch.setattr("bisect_loop.evidence.explain", breaks)
    said: list[str] = []
    found, _ = diagnosed(POLLUTER, said.append)

    assert (found.confirmed, found.polluters, found.cause) == (True, (POLLUTER,), None)
    assert [note for note in said if "internal error, please report it: KeyError at evidence.py:" in note]


def test_evidence_takes_three_trials() -> None:
    """Alone, the traced order, the suspect: then the minimal order is known, and its repeats are the confirmation."""
    found, trials = diagnosed(POLLUTER)
    assert (found.confirmed, found.polluters) == (True, (POLLUTER,))
    orders = [trial.order for trial in trials]
    assert set(orders[3:]) == {(POLLUTER, VICTIM)} == {orders[2]}
    assert [trial.traced for trial in trials[:3]] == [False, True, False]
    assert found.cause is not None
    assert (found.cause.loop_made_by, found.cause.used_at) == (POLLUTER, "app/bus.py:7")


def test_wrong_evidence_costs_one_trial_and_accuses_nobody() -> None:
    """The suspect passes with the victim, so the search goes on as without evidence, and no cause is made up."""
    found, trials = diagnosed(INNOCENT)
    assert (found.confirmed, found.polluters, found.cause) == (True, (POLLUTER,), None)
    assert [trial.order for trial in trials].count((INNOCENT, VICTIM)) == 1


def test_events_that_make_no_sense_are_left_out() -> None:
    """A record survives what a killed process wrote last, and what another version writes."""
    lines = ["", "{", "[]", '{"what": "touch"}', '{"what": "census", "held": 3}', '{"what": "new"}', touch(POLLUTER)]
    assert len(read(lines).touches) == 1


def test_every_patch_is_undone() -> None:
    """After the trial every class, module and import hook is as it was, also where something stands on top."""
    owners = (base_events.BaseEventLoop, locks.Lock, locks.Semaphore, streams.StreamWriter, runners)
    before = [dict(vars(owner)) for owner in owners]
    finders = list(sys.meta_path)
    tracer = Tracer("tests/test_a.py::test_a", lambda **_: None, Locator("/nowhere"))
    tracer.install()
    try:
        assert dict(vars(base_events.BaseEventLoop)) != before[0]
        loop = asyncio.new_event_loop()
        loop.close()
        with pytest.raises(RuntimeError, match=r"^Event loop is closed$"):
            loop.call_soon(print)
    finally:
        tracer.restore()
    assert "_check_closed" not in vars(loop)
    assert [dict(vars(owner)) for owner in owners] == before
    assert sys.meta_path == finders
