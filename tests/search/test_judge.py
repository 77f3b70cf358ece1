from __future__ import annotations

import pytest

from bisect_loop.model import FAMILY_CROSS_LOOP, Ending, Outcome, Phase, Signature, TrialResult, Verdict
from bisect_loop.search.judge import passes, reason, verdict

YES, NO, OPEN = Verdict.REPRODUCES, Verdict.DOES_NOT, Verdict.UNRESOLVED
VICTIM = "tests/test_a.py::test_victim"


def _signature(kind: str = "ValueError", message: str = "broken", phase: Phase = "call") -> Signature:
    return Signature(kind, "tests/test_a.py:3", message, phase)


HUNTED = _signature()
OTHER = _signature("KeyError", "gone")
HANG = _signature("Hang", "no sign of life for 3 s")
CRASH = _signature("Crash", "signal 11")


def _trial(*signatures: Signature, result: str = "failed", ending: Ending = Ending.FINISHED) -> TrialResult:
    outcome = Outcome(VICTIM, result, signatures)
    return TrialResult((Outcome("tests/test_a.py::test_first", "passed"), outcome), ending, "fork")


PASSED = _trial(result="passed")
SKIPPED = _trial(result="skipped")
ABSENT = TrialResult((), Ending.FINISHED, "fork")


@pytest.mark.parametrize(
    ("trial", "expected"),
    [
        (_trial(HUNTED), YES),
        (_trial(HUNTED, ending=Ending.CRASHED), YES),
        (_trial(OTHER, HUNTED), YES),
        (PASSED, NO),
        (_trial(result="passed", ending=Ending.CRASHED), OPEN),
        (_trial(result="passed", ending=Ending.STOPPED), OPEN),
        (SKIPPED, OPEN),
        (ABSENT, OPEN),
        (_trial(OTHER), OPEN),
        (_trial(HANG, ending=Ending.TIMEOUT), OPEN),
        (_trial(CRASH, ending=Ending.CRASHED), OPEN),
        (_trial(), OPEN),
    ],
)
def test_only_the_same_failure_reproduces_and_only_a_pass_does_not(trial: TrialResult, expected: Verdict) -> None:
    """Same signature, in any phase: REPRODUCES. Ran, passed, and the trial ended: DOES_NOT. Else UNRESOLVED."""
    assert verdict(trial, VICTIM, HUNTED) is expected
    assert (reason(trial, VICTIM, HUNTED) == "") == (expected is not OPEN)


def test_a_failure_in_teardown_is_a_failure() -> None:
    """The phase belongs to the signature: a teardown error reproduces a teardown error."""
    late = _signature(phase="teardown")
    assert verdict(_trial(late), VICTIM, late) is YES
    assert verdict(_trial(late), VICTIM, HUNTED) is OPEN


@pytest.mark.parametrize("hunted", [HANG, CRASH])
def test_a_hang_or_crash_reproduces_where_it_is_hunted(hunted: Signature) -> None:
    """What is an obstacle elsewhere is the failure itself here."""
    assert verdict(_trial(hunted, ending=Ending.TIMEOUT), VICTIM, hunted) is YES


@pytest.mark.parametrize(
    ("trial", "signature", "expected"),
    [
        (PASSED, None, YES),
        (PASSED, HUNTED, YES),
        (_trial(result="passed", ending=Ending.CRASHED), None, OPEN),
        (_trial(HUNTED), HUNTED, NO),
        (_trial(HUNTED), None, NO),
        (_trial(OTHER), HUNTED, OPEN),
        (_trial(), None, NO),
        (_trial(HANG, ending=Ending.TIMEOUT), None, OPEN),
        (_trial(HANG, ending=Ending.TIMEOUT), HANG, NO),
        (_trial(CRASH, ending=Ending.CRASHED), None, OPEN),
        (SKIPPED, None, OPEN),
        (ABSENT, HUNTED, OPEN),
    ],
)
def test_passing_is_judged_the_other_way_round(
    trial: TrialResult, signature: Signature | None, expected: Verdict
) -> None:
    """For a brittle test a pass is what is hunted, and its own failure is the absence of it."""
    assert passes(trial, VICTIM, signature) is expected
    assert (reason(trial, VICTIM, signature) == "") == (expected is not OPEN)


@pytest.mark.parametrize(
    ("trial", "sentence"),
    [
        (TrialResult((), Ending.FINISHED, "fork", missing=(VICTIM,)), f"{VICTIM} was not collected."),
        (ABSENT, f"{VICTIM} was not run, though the trial came to its end."),
        (
            TrialResult((), Ending.CRASHED, "fork", detail="signal 11 in test_first."),
            f"The trial ended before {VICTIM} was run (crashed: signal 11 in test_first).",
        ),
        (SKIPPED, f"{VICTIM} was skipped."),
        (
            _trial(result="passed", ending=Ending.STOPPED),
            f"{VICTIM} passed, but the trial did not come to its end (stopped).",
        ),
        (_trial(OTHER), f"{VICTIM} failed in another way (call: KeyError: gone)."),
    ],
)
def test_the_reason_is_one_sentence(trial: TrialResult, sentence: str) -> None:
    """Each way to be UNRESOLVED has its own sentence."""
    assert reason(trial, VICTIM, HUNTED) == sentence


def test_a_hang_of_a_brittle_test_has_its_sentence() -> None:
    """Without a signature a hang is not a failure to go by, and that is said."""
    said = reason(_trial(HANG, ending=Ending.TIMEOUT), VICTIM)
    assert said == f"{VICTIM} did not run to its end (call: Hang: no sign of life for 3 s)."


@pytest.mark.parametrize(
    "message",
    [
        "Task <Task pending> got Future <Future pending> attached to a different loop",
        "<asyncio.locks.Lock object at 0x1 [locked]> is bound to a different event loop",
        "web.Application instance initialized with different loop",
        "The future belongs to a different loop than the one specified as the loop argument",
        "Event loop is closed",
        "unable to perform operation on <TCPTransport closed=True>; the handler is closed",
    ],
)
def test_texts_of_loop_failures_are_one_family(message: str) -> None:
    """asyncio's own, and those of libraries."""
    signature = _signature("RuntimeError", message)
    assert signature.family == FAMILY_CROSS_LOOP
    assert verdict(_trial(_signature("RuntimeError", "Event loop is closed")), VICTIM, signature) is YES


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        (
            "Task <Task pending name='Task-5' coro=<test_x() running at /a/test_x.py:5> cb=[f.<locals>.g() at b.py:1]> "
            "got Future <Future pending> attached to a different loop",
            "Task <Task ...> got Future <Future ...> attached to a different loop",
        ),
        ("<Task pending name='Task-5' coro=<cut", "<Task pending name='Task-5' coro=<cut"),
        ("a <b> of two <Tasks>", "a <b> of two <Tasks>"),
        ("", "RuntimeError"),
    ],
    ids=["task", "cut", "none", "empty"],
)
def test_a_headline_says_of_tasks_what_they_are(message: str, shown: str) -> None:
    """The repr of a task is longer than what went wrong; two failures are compared by the whole message."""
    signature = _signature("RuntimeError", message)
    assert signature.headline == (f"RuntimeError: {shown}" if message else shown)
    assert signature.message == message
