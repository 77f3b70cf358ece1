"""Traced trials: who is to be suspected of a failure, and why a confirmed order fails.

Evidence ranks and explains; it never accuses. A wrong suspect costs one forked trial, and a cause is only said of
a finding that fresh processes confirmed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from bisect_loop.mishap import told
from bisect_loop.model import FAMILY_CROSS_LOOP, Finding, NodeId, Signature, Suite, Trial, TrialResult, Verdict
from bisect_loop.provenance.changes import changes, plain_reason
from bisect_loop.provenance.explain import Explanation, explain
from bisect_loop.provenance.record import TraceRecord, read
from bisect_loop.provenance.rivals import contested
from bisect_loop.provenance.source import Sources
from bisect_loop.provenance.suspects import suspects
from bisect_loop.runner.dispatch import Dispatch, OutOfBudget
from bisect_loop.search import judge

# Failures in a row whose traced order pointed at nobody, after which only failures that speak of loops are traced.
_PATIENCE = 3


@dataclass(slots=True)
class Evidence:
    """Gathers evidence about the failures of one suite, one after another."""

    suite: Suite
    explanations: dict[str, Explanation] = field(default_factory=dict)  # by the id of the finding
    _sources: Sources | None = None
    _barren: int = 0
    _record: tuple[Trial, TraceRecord] | None = None  # of the minimal order that was traced last

    @property
    def sources(self) -> Sources:
        if self._sources is None:
            self._sources = Sources(Path(self.suite.root))
        return self._sources

    def worth_tracing(self, before: Sequence[NodeId], signature: Signature | None) -> bool:
        """Whether a run of the whole order is likely to save more trials than it costs."""
        if len(before) < 2:
            return False
        if signature is not None and signature.family == FAMILY_CROSS_LOOP:
            return True
        return self.suite.loops and self._barren < _PATIENCE

    def suspects(
        self, dispatch: Dispatch, trial: Trial, signature: Signature | None
    ) -> tuple[TrialResult, list[NodeId]]:
        """Run the failing order `trial` once more, traced. Return what it showed and whom it points at.

        Raises OutOfBudget.
        """
        result, record = self._run(dispatch, trial, signature)
        found = suspects(record, (trial.order or ())[:-1])
        self._barren = 0 if found else self._barren + 1
        return result, found

    def settled(self, dispatch: Dispatch, trial: Trial, signature: Signature, *, passes: bool = False) -> TrialResult:
        """Run a minimal order once more, traced, and keep the record; untraced where tracing changes the verdict.

        With `passes` the order is one in which a brittle test passes. Raises OutOfBudget.
        """
        result, record = self._run(dispatch, trial, None if passes else signature)
        if _shows(result, trial, signature) is not passes:
            self._record = (trial, record)
            return result
        return dispatch.run(trial)

    def explained(self, dispatch: Dispatch, finding: Finding, trial: Trial) -> Finding:
        """Return `finding` with its cause, where a traced run of its minimal order `trial` shows one.

        Where it has none, or the cause has rivals, with what the polluters changed; of a brittle test, with what its
        setters did.
        """
        if not finding.confirmed:
            return finding
        if self._record is None or self._record[0] != trial:
            try:
                self.settled(dispatch, trial, finding.signature, passes=finding.kind == "brittle")
            except OutOfBudget:
                return finding  # what was confirmed is worth more than why
        if self._record is None or self._record[0] != trial:
            return finding
        try:
            return self._with_reason(finding, self._record[1])
        except Exception as error:  # an error of ours costs only the reason
            dispatch.say(f"why {finding.victim} fails could not be told ({told(error)})")
            return finding

    def _with_reason(self, finding: Finding, record: TraceRecord) -> Finding:
        if finding.kind == "brittle":
            return self._compared(finding, record, finding.setters)
        guilty = (*finding.polluters, *finding.import_polluters)
        plainer = plain_reason(record, guilty)
        found = explain(record, guilty, finding.signature, self.sources, plainer=plainer)
        if found is None:
            return self._compared(finding, record, guilty)
        found = contested(found, record, guilty, finding.signature, self.sources)
        self.explanations[finding.id] = found
        return replace(finding, cause=found.cause(), changes=found.rivals)

    def _compared(self, finding: Finding, record: TraceRecord, guilty: Sequence[NodeId]) -> Finding:
        return replace(finding, changes=changes(record, guilty, self.sources), compared=bool(record.changes))

    def _run(self, dispatch: Dispatch, trial: Trial, signature: Signature | None) -> tuple[TrialResult, TraceRecord]:
        result = dispatch.run(replace(trial, traced=True))
        if signature is not None and not _shows(result, trial, signature):
            victim = (trial.order or ("",))[-1]
            dispatch.say(f"with the tracer of event loops on, {victim} did not fail in an order that fails without it")
        return result, read(result.trace)


def _shows(result: TrialResult, trial: Trial, signature: Signature) -> bool:
    return judge.verdict(result, (trial.order or ("",))[-1], signature) is Verdict.REPRODUCES
