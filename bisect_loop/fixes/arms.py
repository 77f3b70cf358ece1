"""The runs that a mend has to pass, and what one that it does not pass says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bisect_loop.fixes.model import Edit
from bisect_loop.model import Finding, NodeId, Outcome, Signature, TrialResult

IN_ORDER, REVERSED, VICTIM, POLLUTER = "in order", "reversed", "victim alone", "polluter alone"
AFTER_SETTER = "after its setter"
SIDE_BY_SIDE, IN_ONE_PROCESS = "side by side", "in one process"
NEIGHBOURS = "all of their files"


@dataclass(frozen=True, slots=True)
class Arm:
    """Tests that are run, and the text that runs them in the copy, `times` times; the first arm shows the failure."""

    name: str
    order: tuple[NodeId, ...]
    text: str
    times: int = 1

    @property
    def side_by_side(self) -> bool:
        return self.name == SIDE_BY_SIDE

    @property
    def ordered(self) -> bool:
        """Whether it is run for its order; where that is not to blame, plugins may change it."""
        return self.name not in (SIDE_BY_SIDE, IN_ONE_PROCESS, NEIGHBOURS)

    @property
    def may_fail_anyway(self) -> bool:
        """Whether its tests may fail as they do without any mend."""
        return self.ordered and self.name not in (IN_ORDER, REVERSED, VICTIM, AFTER_SETTER)


def why(result: TrialResult, arm: Arm, arms: Sequence[Arm], finding: Finding, edits: Sequence[Edit]) -> str:
    """Why a run of `arm`, one of `arms`, says that the mend of `edits` is none."""
    failed = result.failed
    if not failed:
        return f"{arm.name} it did not run to its end: {result.detail or result.ending.value}"
    shown = failed[0].signatures[0].headline if failed[0].signatures else "failed"
    if failed[0].nodeid == finding.victim and arm is arms[0] and fails_as_before(failed[0], finding.signature, edits):
        return "the victim fails as before" if finding.polluters or finding.import_polluters else "it fails as before"
    where = "" if arm is arms[0] else f"{arm.name}: "
    return f"{where}{failed[0].nodeid} fails with it ({shown})"


def fails_as_before(outcome: Outcome, signature: Signature, edits: Sequence[Edit]) -> bool:
    """Whether a test shows `signature`, on the same line of code: in a file that was edited, that may have moved."""
    before = {edit.path: (edit.before or "").splitlines() for edit in edits}
    after = {edit.path: edit.after.splitlines() for edit in edits}

    def by_its_text(one: Signature, files: dict[str, list[str]]) -> Signature:
        path, _, line = one.where.rpartition(":")
        lines = files.get(path, [])
        known = line.isdigit() and 0 < int(line) <= len(lines)
        return replace(one, where=f"{path}:{lines[int(line) - 1].strip()}") if known else one

    now = tuple(by_its_text(one, after) for one in outcome.signatures)
    return replace(outcome, signatures=now).shows(by_its_text(signature, before))
