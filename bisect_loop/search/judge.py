"""From what a trial showed to a verdict. Three answers, not two: what was not seen settles nothing.

REPRODUCES means that the same failure was seen (same signature, in any phase), whatever happened to the trial
afterwards. DOES_NOT means that the victim ran and passed in a trial that came to its end. Everything else is
UNRESOLVED: the victim was absent or skipped, failed in another way, hung or crashed where another failure is
hunted.
"""

from __future__ import annotations

from collections.abc import Iterable

from bisect_loop.model import FAMILY_CRASH, FAMILY_HANG, Ending, NodeId, Outcome, Signature, TrialResult, Verdict


def verdict(result: TrialResult, victim: NodeId, signature: Signature) -> Verdict:
    """Say whether `result` shows `victim` failing with `signature`."""
    outcome = result.of(victim)
    if outcome is not None and outcome.shows(signature):
        return Verdict.REPRODUCES
    return Verdict.DOES_NOT if _passed(result, outcome) else Verdict.UNRESOLVED


def passes(result: TrialResult, victim: NodeId, signature: Signature | None = None) -> Verdict:
    """Say whether `result` shows `victim` passing: REPRODUCES when it passed.

    For brittle tests, whose search is for the items after which they pass. DOES_NOT needs the failure
    `signature` (the one that the test shows alone); without one, any failure but a hang or a crash.
    """
    outcome = result.of(victim)
    if _passed(result, outcome):
        return Verdict.REPRODUCES
    return Verdict.DOES_NOT if _fails_as_expected(outcome, signature) else Verdict.UNRESOLVED


def shown(results: Iterable[TrialResult], victim: NodeId, signature: Signature) -> Signature | None:
    """The failure `signature` as the first of `results` that has it shows it, None where none has.

    It is the same failure; its message, and in a family its type and its line, are those of that very run.
    """
    outcomes = (outcome for result in results if (outcome := result.of(victim)) is not None)
    return next((one for outcome in outcomes for one in outcome.signatures if one.same_as(signature)), None)


def reason(result: TrialResult, victim: NodeId, signature: Signature | None = None) -> str:
    """Say in one sentence why `verdict` (or `passes`, the same `signature` given) is UNRESOLVED.

    Returns "" where it is not. Without a signature, any failure but a hang or a crash settles the question, as
    in `passes`.
    """
    outcome = result.of(victim)
    if _passed(result, outcome) or _fails_as_expected(outcome, signature):
        return ""
    ended = result.ending.value + (f": {result.detail.rstrip('.')}" if result.detail else "")
    if outcome is None:
        if victim in result.missing:
            return f"{victim} was not collected."
        if result.ending is Ending.FINISHED:
            return f"{victim} was not run, though the trial came to its end."
        return f"The trial ended before {victim} was run ({ended})."
    if outcome.result == "skipped":
        return f"{victim} was skipped."
    if outcome.result == "passed":
        return f"{victim} passed, but the trial did not come to its end ({ended})."
    if signature is None or not outcome.signatures:
        return f"{victim} did not run to its end ({_headlines(outcome) or ended})."
    return f"{victim} failed in another way ({_headlines(outcome)})."


def _passed(result: TrialResult, outcome: Outcome | None) -> bool:
    return outcome is not None and outcome.result == "passed" and result.ending is Ending.FINISHED


def _fails_as_expected(outcome: Outcome | None, signature: Signature | None) -> bool:
    if outcome is None or not outcome.failed:
        return False
    if signature is not None:
        return outcome.shows(signature)
    return all(shown.family not in (FAMILY_HANG, FAMILY_CRASH) for shown in outcome.signatures)


def _headlines(outcome: Outcome) -> str:
    return "; ".join(f"{shown.phase}: {shown.headline}" for shown in outcome.signatures)
