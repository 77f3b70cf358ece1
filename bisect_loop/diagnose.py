"""The plan for one failure: alone -> narrow -> settle -> confirm -> roles.

What may be asked of trials is decided here; which set is smallest is asked of `search`, what a trial shows of
`dispatch`, and whether a claim holds of the confirmer. A forked child only proposes: where fresh processes show
something else, forked trials are given up and the plan starts again without them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from bisect_loop.asking import Asking, Failure
from bisect_loop.confirm import Claim, Confirmed, Confirmer
from bisect_loop.evidence import Evidence
from bisect_loop.model import (
    NEVER_SEEN,
    Finding,
    NodeId,
    Signature,
    Trial,
    TrialResult,
    Verdict,
)
from bisect_loop.needs import Item, described, items_of, with_only
from bisect_loop.roles import with_roles
from bisect_loop.search import judge
from bisect_loop.search.narrow import narrow
from bisect_loop.search.needed import needed
from bisect_loop.search.noisy import narrow_noisy
from bisect_loop.search.question import NotReproducing, drive

# Repeats of a minimal order that must all agree before a failure counts as certain: cheap, they are forked.
_SETTLE = 4
# Repeats of a whole order that did not fail again, before that is said.
_BASE_REPEATS = 4
# Repeats of a victim alone, where its failure is a matter of chance.
_ALONE_REPEATS = 10
# Posterior probability below which a search among failures by chance names nobody.
_SURE = 0.9


class _ForkLies(Exception):
    """A fresh process contradicts what forked trials showed."""


Want = Literal["fail", "pass"]


@dataclass(slots=True)
class Diagnosis(Asking):
    """Diagnoses the failures of one suite, one after another; what it learned of one helps with the next."""

    confirmer: Confirmer = field(kw_only=True)
    variables: Mapping[str, Sequence[str]] = field(default_factory=dict)  # what each service sets
    best: Finding | None = None
    _polluters: list[tuple[NodeId, ...]] = field(default_factory=list)
    _setters: list[tuple[NodeId, ...]] = field(default_factory=list)
    _evidence: Evidence | None = None

    # The plan.

    def diagnose(self, failure: Failure) -> Finding:
        """Return what is to be said of `failure`. Raises OutOfBudget; `best` then holds what is known so far."""
        self.best = None
        try:
            return accusing_nobody(self._diagnose(failure))
        except _ForkLies as lie:
            self.dispatch.distrust_fork(str(lie))
            return accusing_nobody(self._diagnose(failure))

    def _diagnose(self, failure: Failure) -> Finding:
        alone = self.dispatch.run(self.trial((failure.victim,), failure.signature))
        outcome = alone.of(failure.victim)
        if outcome is not None and outcome.failed:
            return self._fails_alone(failure, outcome.signatures[0])
        if outcome is None or outcome.result == "skipped":
            reason = judge.reason(alone, failure.victim, failure.signature) or "it is skipped when it runs alone"
            return self._unconfirmed(failure, f"nothing can be compared: {reason}")
        return self._passes_alone(failure)

    def _fails_alone(self, failure: Failure, signature: Signature) -> Finding:
        """An always-failing test, a brittle one, or one that the collection of another module breaks."""
        victim = failure.victim
        plain = self.confirmer.alone(victim)
        if judge.passes(plain, victim) is Verdict.REPRODUCES:
            again = self.dispatch.run_all([self.trial((victim,), signature)] * _SETTLE, width=1)
            failed = sum(judge.verdict(r, victim, signature) is Verdict.REPRODUCES for r in again)
            if not failed and self.dispatch.fork is not None:
                # A fresh session cleared away what made it fail, so that lies outside of the process.
                self.dispatch.disturbed("trials see what others left in a file")
                raise _ForkLies(f"{victim} alone failed in a forked child, and never again after a fresh process")
            if failed < len(again):
                rate = (failed + 1) / (len(again) + 1)
                return self._nondeterministic(failure, "it fails now and then, and also when it runs alone", rate)
            fresh = self.dispatch.run(self.trial((victim,), signature), "fresh")
            if judge.verdict(fresh, victim, signature) is Verdict.REPRODUCES:
                return self._import_time(failure, (victim,), signature)
            if self.dispatch.fork is not None:
                raise _ForkLies(f"{victim} alone fails in a forked child and passes in a fresh process")
            return self._nondeterministic(failure, "alone it fails now and then")
        shown = plain.of(victim)
        signature = shown.signatures[0] if shown is not None and shown.signatures else signature
        if failure.passing is None and not failure.default_seen:
            failure = replace(failure, passing=self._passing_default(victim))
        if failure.passing is None:
            return Finding(
                kind="always-fails",
                victim=victim,
                signature=signature,
                minimal_order=(victim,),
                seen_in=failure.seen_in,
            )
        return self._brittle(failure, signature, failure.passing)

    def _passing_default(self, victim: NodeId) -> tuple[NodeId, ...] | None:
        """What runs before `victim` in the default order, where it passes there; None where it does not."""
        before = self.suite.nodeids[: self.suite.nodeids.index(victim)]
        shown = self.dispatch.run(self.trial((*before, victim), None))
        return before if before and judge.passes(shown, victim) is Verdict.REPRODUCES else None

    def _brittle(self, failure: Failure, signature: Signature, passing: tuple[NodeId, ...]) -> Finding:
        victim = failure.victim

        def passes(result: TrialResult) -> Verdict:
            return judge.passes(result, victim)

        try:
            narrowed = self.narrow(passing, victim, signature, passes, self._setters)
        except NotReproducing:
            again = self.trial((*passing, victim), signature)
            if self.dispatch.fork is not None and passes(self.dispatch.run(again, "fresh")) is Verdict.REPRODUCES:
                raise _ForkLies(f"{victim} passes in its order in a fresh process only") from None
            return self._nondeterministic(failure, "the order in which it once passed does not make it pass again")
        finding = Finding(
            kind="brittle",
            victim=victim,
            signature=signature,
            minimal_order=(*narrowed.minimal, victim),
            setters=narrowed.minimal,
            seen_in=failure.seen_in,
        )
        finding = self._confirmed(finding, Claim(finding.id, finding.minimal_order, signature, brittle=True))
        if finding.confirmed:
            self._setters.append(narrowed.minimal)
            finding = self._explained(finding)
        return finding

    def _passes_alone(self, failure: Failure) -> Finding:
        """A victim: something that runs before it breaks it."""
        victim = failure.victim
        known = failure.signature

        def fails(result: TrialResult) -> Verdict:
            nonlocal known
            if known is None:
                outcome = result.of(victim)
                known = outcome.signatures[0] if outcome is not None and outcome.failed else None
            return Verdict.DOES_NOT if known is None else judge.verdict(result, victim, known)

        def narrowed_to(left: tuple[NodeId, ...]) -> None:
            if known is not None:
                note = f"best so far: it fails in this order of {len(left) + 1}, which was not narrowed to its end"
                self.best = Finding("victim", victim, known, (*left, victim), seen_in=failure.seen_in, note=note)

        try:
            suspects = self._suspects(failure, fails)
            narrowed = self.narrow(failure.before, victim, known, fails, suspects, narrowed_to)
        except NotReproducing:
            return self._seldom(failure)
        assert known is not None
        minimal = (*narrowed.minimal, victim)
        self.best = Finding("victim", victim, known, minimal, polluters=narrowed.minimal, seen_in=failure.seen_in)
        again = self.dispatch.run_all([self.trial(minimal, known)] * (_SETTLE - 1))
        again.append(self.evidence.settled(self.dispatch, self.trial(minimal, known), known))
        if any(judge.verdict(result, victim, known) is not Verdict.REPRODUCES for result in again):
            return self._seldom(replace(failure, signature=known))
        finding = self._victim_confirmed(self.best)
        if finding.confirmed:
            self._polluters.append(narrowed.minimal)
            self.best = finding = self._explained(finding)
            if self.options.roles:
                finding = with_roles(self, finding, failure, narrowed.others)
        return finding

    def _victim_confirmed(self, finding: Finding) -> Finding:
        """Confirm a victim; where plain pytest does not show it, look for what its collection lacks."""
        victim, signature = finding.victim, finding.signature
        seen = self._confirmed(finding, Claim(finding.id, finding.minimal_order, signature))
        if seen.confirmed:
            return seen
        trial = self.trial(finding.minimal_order, signature)
        fresh = self.dispatch.run(trial, "fresh")
        if judge.verdict(fresh, victim, signature) is not Verdict.REPRODUCES:
            if self.dispatch.fork is not None:
                raise _ForkLies(f"{victim} fails after {finding.polluters[0]} in forked children only")
            return seen
        alone = self.confirmer.alone(victim)
        if judge.passes(alone, victim) is not Verdict.REPRODUCES:
            return replace(seen, note="alone it passes only where the rest of the suite is collected as well")
        return self._import_time(
            Failure(victim, signature, (), None, finding.seen_in), finding.minimal_order, signature
        )

    def _import_time(self, failure: Failure, order: tuple[NodeId, ...], signature: Signature) -> Finding:
        """Find the modules whose collection it takes; `order` fails where everything is collected."""
        victim = order[-1]
        files = self._files
        needed = {nodeid.partition("::")[0] for nodeid in order}

        def trial_of(chosen: tuple[str, ...]) -> Trial:
            kept = needed.union(chosen)
            return self.trial(order, signature, [path for path in files if path in kept])

        def fails(result: TrialResult) -> Verdict:
            return judge.verdict(result, victim, signature)

        others = [path for path in files if path not in needed]
        try:
            narrowed = self.search(narrow(others, check=True), trial_of, fails, self.hear(victim, len(others)))
        except NotReproducing:
            return self._unconfirmed(failure, "it fails only where the whole suite is collected, by no single module")
        polluters = order[:-1]
        finding = Finding(
            kind="victim" if polluters else "import-time",
            victim=victim,
            signature=signature,
            minimal_order=order,
            polluters=polluters,
            import_polluters=narrowed.minimal,
            seen_in=failure.seen_in,
        )
        claim = Claim(finding.id, order, signature, imports=narrowed.minimal)
        return self._explained(self._confirmed(finding, claim))

    @property
    def _files(self) -> list[str]:
        """The suite's modules of tests, in the order of its collection."""
        return list(dict.fromkeys(nodeid.partition("::")[0] for nodeid in self.suite.nodeids))

    # Chance.

    def _seldom(self, failure: Failure) -> Finding:
        """The order did not fail again at once: never, now and then, or only in a fresh process?"""
        victim, signature = failure.victim, failure.signature
        whole = (*failure.before, victim)
        runs = self.dispatch.run_all([self.trial(whole, signature)] * _BASE_REPEATS, width=1)
        if signature is None:
            signature = next((s for r in runs if (o := r.of(victim)) and o.failed for s in o.signatures), None)
        if signature is None:
            return self._unconfirmed(failure, f"it passed in all {len(runs)} runs of this order")

        def failures(results: Sequence[TrialResult]) -> int:
            return sum(judge.verdict(r, victim, signature) is Verdict.REPRODUCES for r in results)

        seen = failures(runs)
        if seen == len(runs) and self.dispatch.disturbed():
            return self._diagnose(replace(failure, signature=signature))
        if seen == 0:
            fresh = self.dispatch.run_all([self.trial(whole, signature)] * 2, "fresh", width=1)
            if self.dispatch.fork is not None and failures(fresh) == len(fresh):
                raise _ForkLies(f"{victim} fails in its order in fresh processes only")
            if failures(fresh) == 0:
                return self._nondeterministic(
                    replace(failure, signature=signature),
                    f"it did not fail again in {len(runs) + len(fresh)} runs of the order that showed it",
                )
            runs, seen = [*runs, *fresh], failures(fresh)
        alone = self.dispatch.run_all([self.trial((victim,), signature)] * _ALONE_REPEATS)
        by_itself = failures(alone)
        if by_itself:
            return self._nondeterministic(
                replace(failure, signature=signature),
                f"alone it fails in {by_itself} of {len(alone)} runs, in order in {seen} of {len(runs)}",
                by_itself / len(alone),
            )
        return self._noisy(replace(failure, signature=signature), signature, (seen, len(runs)))

    def _noisy(self, failure: Failure, signature: Signature, seen: tuple[int, int]) -> Finding:
        """A victim that fails now and then, only in order: Bayesian bisection, then both arms counted."""
        victim = failure.victim

        def fails(result: TrialResult) -> Verdict:
            return judge.verdict(result, victim, signature)

        def trial_of(chosen: tuple[str, ...]) -> Trial:
            return self.trial((*chosen, victim), signature)

        search = narrow_noisy(failure.before, seen=seen)
        found = self.search(search, trial_of, fails, self.hear(victim, len(failure.before)))
        if not found.reproduced or found.confidence < _SURE:
            return self._nondeterministic(failure, "which tests it fails after could not be made out", found.rate)
        minimal = (*found.minimal, victim)
        self.best = finding = Finding(
            kind="victim",
            victim=victim,
            signature=signature,
            minimal_order=minimal,
            polluters=found.minimal,
            failure_rate=found.rate,
            seen_in=failure.seen_in,
        )
        rate = min(found.rate, 0.99)
        return self._explained(self._confirmed(finding, Claim(finding.id, minimal, signature, rate=rate)))

    # Evidence.

    @property
    def evidence(self) -> Evidence:
        """What traced trials showed of this suite's failures."""
        if self._evidence is None:
            self._evidence = Evidence(self.suite)
        return self._evidence

    def _suspects(self, failure: Failure, judged: Callable[[TrialResult], Verdict]) -> list[tuple[NodeId, ...]]:
        """Whom to try first: the polluters of earlier findings, else those whom a traced run points at."""
        known = [one for one in self._polluters if set(failure.before).issuperset(one)]
        if not self.evidence.worth_tracing(failure.before, failure.signature):
            return known
        for one in known:
            if judged(self.dispatch.run(self.trial((*one, failure.victim), failure.signature))) is Verdict.REPRODUCES:
                return [one]
        whole = self.trial((*failure.before, failure.victim), failure.signature)
        result, found = self.evidence.suspects(self.dispatch, whole, failure.signature)
        judged(result)  # of an order that is only said to fail, this is where the failure is seen first
        self.heard(result)
        return [(nodeid,) for nodeid in found]

    def _explained(self, finding: Finding) -> Finding:
        """Add why the minimal order fails, where one more run of it, traced, tells."""
        order = finding.minimal_order
        collect = None
        if finding.import_polluters:  # a process of its own is traced from the first import of a test's module
            needed = {*finding.import_polluters, *(nodeid.partition("::")[0] for nodeid in order)}
            collect = [path for path in self._files if path in needed]
        return self.evidence.explained(self.dispatch, finding, self.trial(order, finding.signature, collect))

    # Confirming.

    def _confirmed(self, finding: Finding, claim: Claim) -> Finding:
        """Confirm under the conditions that are needed; under all of them where those do not show it."""
        items = items_of(self.condition)
        kept = self._needed(claim, items) if items and not claim.brittle and claim.rate >= 1.0 else items
        self.progress.confirming(finding.victim)
        seen = self.confirmer.confirm(replace(claim, condition=with_only(self.condition, kept)))
        if not seen.holds and kept != items:
            kept = items
            seen = self.confirmer.confirm(claim)
        needs = described(self.condition, kept, self.variables)
        if self.worker is not None and seen.as_worker:
            needs = replace(needs, workers=self.worker.count)
            finding = replace(finding, worker=self.worker)
        return self._with(replace(finding, needs=needs), seen)

    def _needed(self, claim: Claim, items: tuple[Item, ...]) -> tuple[Item, ...]:
        """Those of the conditions without which the claim's order does not fail. Each trial is a fresh process."""

        def judged(kept: tuple[Item, ...]) -> Verdict:
            condition = with_only(self.condition, kept)
            trial = self.trial(claim.order, claim.signature, condition=condition)
            verdict = judge.verdict(self.dispatch.run(trial, "fresh"), claim.victim, claim.signature)
            if verdict is not Verdict.REPRODUCES or condition.services == self.condition.services:
                return verdict
            # Without a service the victim may fail for want of it, in just the same way: not by what ran before.
            alone = self.trial((claim.victim,), claim.signature, condition=condition)
            passes = judge.passes(self.dispatch.run(alone, "fresh"), claim.victim)
            return verdict if passes is Verdict.REPRODUCES else Verdict.UNRESOLVED

        return drive(needed(items), judged)

    def _with(self, finding: Finding, seen: Confirmed) -> Finding:
        failed, runs = seen.confirmation.minimal_failed
        note = finding.note
        if not seen.holds:
            note = note or "plain pytest in a fresh process does not show it"
        return replace(
            finding,
            # The error that is told of is that of the command that is told of: of the whole order it may say another
            # value. Both are the same failure, so no id hangs on it.
            signature=seen.shown if seen.holds and seen.shown is not None else finding.signature,
            confirmed=seen.holds,
            confirmation=seen.confirmation,
            replay=seen.replay if seen.holds else replace(seen.replay, command=""),
            confidence=max(seen.confidence, finding.confidence) if seen.holds else 0.0,
            failure_rate=failed / runs if runs and finding.kind == "victim" else finding.failure_rate,
            note=note,
        )

    # What accuses nobody.

    def _nondeterministic(self, failure: Failure, note: str, rate: float = 0.0) -> Finding:
        signature = failure.signature or _UNKNOWN
        return Finding(
            kind="nondeterministic",
            victim=failure.victim,
            signature=signature,
            minimal_order=(failure.victim,),
            failure_rate=rate,
            seen_in=failure.seen_in,
            note=note,
        )

    def _unconfirmed(self, failure: Failure, note: str) -> Finding:
        signature = failure.signature or _UNKNOWN
        return Finding(
            kind="victim",
            victim=failure.victim,
            signature=signature,
            minimal_order=(*failure.before, failure.victim),
            seen_in=failure.seen_in,
            note=note,
        )


def accusing_nobody(finding: Finding) -> Finding:
    """`finding` as it is where it was confirmed, else without the names of suspects."""
    if finding.confirmed:
        return finding
    return replace(finding, polluters=(), setters=(), import_polluters=())


_UNKNOWN = Signature(NEVER_SEEN, "", "it did not fail here", "call")
