"""Adds to each confirmed finding the mends that were tried for it.

What worked for the first of several victims of one cause is tried first for the others.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from bisect_loop.fixes.candidates import candidates
from bisect_loop.fixes.ground import Files, Ground
from bisect_loop.fixes.model import Candidate, worth_mending
from bisect_loop.fixes.trial import CannotTry, FixTrials
from bisect_loop.model import Finding, Fix
from bisect_loop.provenance.explain import Explanation
from bisect_loop.provenance.source import Sources
from bisect_loop.runner.dispatch import OutOfBudget

# The kinds of mends that do not touch what belongs to a loop.
_OF_CHANGES = ("restore-state", "stop-patches", "undo-import", "do-not-override")


@dataclass(slots=True)
class Mending:
    """Tries mends for the findings of one suite, up to the first that works, or every one of them.

    `say` is told what the reader must know.
    """

    trials: FixTrials
    sources: Sources
    say: Callable[[str], None]
    every: bool = False
    urls: Mapping[str, str] = field(default_factory=dict)  # service -> the variable that holds its URL
    files: Files = field(init=False)
    _worked: dict[object, list[Candidate]] = field(default_factory=dict)  # by cause
    _said: bool = False

    def __post_init__(self) -> None:
        self.files = Files(self.trials.root)

    def mended(self, finding: Finding, explanation: Explanation | None) -> Finding:
        """Return `finding` with its fixes: those that work first, then those that were tried and rejected.

        What the budget cuts off here costs only fixes.
        """
        if not worth_mending(finding):
            return finding
        cause = _cause(finding)
        known = self._worked.get(cause)
        own = candidates(self._ground(finding, explanation), self.say)
        chosen = [*(known or [])[:1], *(one for one in own if one not in (known or [])[:1])]
        if not chosen:
            return finding
        fixes: list[Fix] = []
        try:
            arms = self.trials.arms(finding)
            for candidate in chosen:
                wanted = candidate.likely and not any(fix.works for fix in fixes)
                if wanted or (self.every and known is None):
                    fixes.append(self.trials.tried(finding, candidate, arms))
        except OutOfBudget:
            self.say(f"the budget ended before every fix of {finding.id} was tried")
        except CannotTry as reason:
            if not self._said:
                self._said = True
                self.say(f"no fix was tried: {reason}")
            return finding
        if known is None:
            self._worked[cause] = [one for one in chosen if any(fix.works and fix.title == one.title for fix in fixes)]
        return decided(replace(finding, fixes=ranked(fixes)))

    def _ground(self, finding: Finding, explanation: Explanation | None) -> Ground:
        suite = self.trials.commander.suite
        return Ground(
            finding,
            explanation,
            self.files,
            plugins=suite.plugins,
            pytest=suite.pytest,
            wire_ups=self.sources.wire_ups,
            urls=self.urls,
        )


def ranked(fixes: Sequence[Fix]) -> tuple[Fix, ...]:
    """Those that work, then those that were rejected, then those that could not be tried; each in their order."""
    return tuple(sorted(fixes, key=lambda fix: (not fix.works, fix.verified is None)))


def decided(finding: Finding) -> Finding:
    """`finding` with the one of its two reasons whose mend works: a loop, or what was changed besides.

    With that mend alone the victim passes while the other reason is as it was.
    """
    if finding.cause is None or not finding.changes:
        return finding
    works = {fix.kind in _OF_CHANGES for fix in finding.fixes if fix.works}
    if works == {True}:
        return replace(finding, cause=None)
    if works == {False}:
        return replace(finding, cause=replace(finding.cause, confidence="proved"), changes=())
    return finding


def _cause(finding: Finding) -> object:
    if finding.kind in ("brittle", "always-fails", "cross-process"):
        return finding.kind, finding.victim  # the mend of such a test is its own
    if finding.cause is None:
        return (
            finding.polluters,
            finding.import_polluters,
            tuple(change.what for change in finding.changes),
            bool(finding.leaks),
        )
    return finding.cause.resource, finding.cause.holder, finding.cause.bound_at
