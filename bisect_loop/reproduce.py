"""Runs orders, diagnoses what fails in them, and keeps what is found: what `run` and `hunt` share."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal, Protocol

from bisect_loop.asking import Failure, Options, Progress
from bisect_loop.diagnose import Diagnosis, accusing_nobody
from bisect_loop.fixes.model import worth_mending
from bisect_loop.history import Run
from bisect_loop.lanes.plan import LaneDiagnosis
from bisect_loop.lanes.sighting import Crew, observe_workers
from bisect_loop.mishap import told
from bisect_loop.model import Finding, NamedOrder, NodeId, OrderTried, RunReport, TrialResult
from bisect_loop.observe import Observer
from bisect_loop.observed import Observed
from bisect_loop.runner.dispatch import OutOfBudget
from bisect_loop.search.orders import OrderSpec
from bisect_loop.session import Session

if TYPE_CHECKING:
    from bisect_loop.fixes.mending import Mending

StoppedBecause = Literal["done", "budget", "interrupted"]


class Listener(Progress, Protocol):
    """Hears everything that a progress display shows."""

    def order_finished(self, tried: OrderTried) -> None: ...

    def finding(self, found: Finding) -> None: ...

    def mending(self, found: Finding) -> None: ...


@dataclass(slots=True)
class Investigation:
    """What one run has seen and concluded so far. It is valid at any moment: an interrupt loses nothing."""

    session: Session
    run: Run
    listener: Listener
    notes: list[str]
    observed: Observed = field(default_factory=Observed)
    findings: list[Finding] = field(default_factory=list)
    stopped_because: StoppedBecause = "done"
    _diagnosis: Diagnosis | None = None
    _lanes: LaneDiagnosis | None = None
    _mending: Mending | None = None
    _crews: dict[str, Crew] = field(default_factory=dict)  # the workers behind the names of orders

    @property
    def diagnosis(self) -> Diagnosis:
        if self._diagnosis is None:
            session = self.session
            self._diagnosis = Diagnosis(
                dispatch=session.dispatch,
                confirmer=session.confirmer,
                suite=session.suite,
                condition=session.condition,
                progress=self.listener,
                variables=session.variables,
                options=Options(timeout=session.settings.timeout, roles=session.settings.roles),
            )
        return self._diagnosis

    def run_orders(self, orders: Sequence[NamedOrder]) -> None:
        """Run whole orders. Raises OutOfBudget."""
        self._observer().observe(orders)

    def _observer(self) -> Observer:
        def heard(tried: OrderTried, results: Sequence[TrialResult]) -> None:
            for result in results:
                self.diagnosis.heard(result)
                if result.detail:
                    last = result.outcomes[-1].nodeid if result.outcomes else "the start"
                    self.notes.append(f"order {tried.name} ended early, at {last}: {result.detail}")
            self.run.record_order(tried.name, tried.seed, len(results[-1].outcomes), tried.failed)
            self.listener.order_finished(tried)

        session = self.session
        return Observer(session.dispatch, session.condition, session.settings.timeout, self.observed, heard)

    def run_workers(self, specs: Sequence[OrderSpec]) -> None:
        """Run the suite under pytest-xdist, once for each of `specs`; each lane is an order. Raises OutOfBudget."""

        def heard(tried: OrderTried, result: TrialResult) -> None:
            self.diagnosis.heard(result)
            if not result.lanes:
                self.notes.append(f"order {tried.name} was not run: {result.detail or result.ending.value}")
            elif result.detail:
                self.notes.append(f"order {tried.name} did not run to its end: {result.detail}")
            self.run.record_order(tried.name, None, len(result.outcomes), tried.failed)
            self.listener.order_finished(tried)

        session = self.session
        for spec in specs:
            self._crews |= observe_workers(
                spec, session.dispatch, session.condition, session.settings.timeout, self.observed, heard
            )

    def _finding(self, failure: Failure) -> Finding:
        crew = self._crews.get(failure.seen_in[0]) if failure.seen_in else None
        if crew is None:  # also where it was seen both in one process and in a lane
            return self.diagnosis.diagnose(failure)
        return self.lane_diagnosis.diagnose(failure, crew.sighting(failure.victim))

    def _watched(self, found: Finding) -> Finding:
        """`found` with what its polluters leave in services."""
        session = self.session
        return replace(found, leaks=session.watch.leaks(found, session.condition))

    @property
    def lane_diagnosis(self) -> LaneDiagnosis:
        if self._lanes is None:
            self._lanes = LaneDiagnosis(self.diagnosis, self.session.confirmer)
        return self._lanes

    def diagnose(self, failures: Sequence[Failure]) -> None:
        """Diagnose `failures`, one after another, and store each finding as it comes. Raises OutOfBudget."""
        queue = list(failures)
        while queue:
            failure = queue.pop(0)
            forked = self.session.dispatch.fork is not None
            found = self._watched(self._finding(failure))
            # Where none of those whom it accuses ran before the victim, another test did it: that is not told yet.
            seen_in = tuple(name for name in found.seen_in if self.observed.accounts(found, name))
            self.add(replace(found, seen_in=seen_in), failure)
            if self.session.settings.fixes:
                self._mend(len(self.findings) - 1)
            if forked and self.session.dispatch.fork is None and self._seen_anew():
                still = {_key(known): known for known in self.observed.failures(findings=self.findings)}
                queue = [still[_key(ahead)] for ahead in queue if _key(ahead) in still]

    def _mend(self, index: int) -> None:
        """Try fixes for a finding. It is kept already: what ends a run here costs only its fixes."""
        found = self.findings[index]
        if not worth_mending(found):
            return
        self.listener.mending(found)
        try:
            mended = self.mending.mended(found, self.diagnosis.evidence.explanations.get(found.id))
        except OutOfBudget:
            raise
        except Exception as error:  # an error of ours
            self.session.dispatch.say(f"the fixes of {found.id} could not be tried ({told(error)})")
            return
        if mended != found:
            self.findings[index] = mended
            self._save(mended)

    @property
    def mending(self) -> Mending:
        if self._mending is None:
            # Only who mends waits for libcst.
            from bisect_loop.fixes.mending import Mending
            from bisect_loop.fixes.trial import FixTrials

            session = self.session
            trials = FixTrials(
                target=session.target,
                commander=session.commander,
                confirmer=session.confirmer,
                condition=session.condition,
                dispatch=session.dispatch,
                workspace=session.workspace,
                slots=session.slots,
                times=session.settings.confirm,
                timeout=session.settings.timeout,
            )
            urls = {
                service: next((name for name in names if name.endswith("URL")), "")
                for service, names in session.variables.items()
            }
            known = {service: name for service, name in urls.items() if name}
            self._mending = Mending(
                trials, self.diagnosis.evidence.sources, session.dispatch.say, session.settings.all_fixes, known
            )
        return self._mending

    def _seen_anew(self) -> bool:
        """Run the orders that failed in a forked child in fresh processes: what the child showed counts no more.

        Returns whether there were any. Raises OutOfBudget.
        """
        observed = self.observed
        doubtful = {order.name for order, result in observed.results if _forked_failure(result)}
        if not doubtful:
            return False
        orders = observed.whole(doubtful)
        observed.results = [pair for pair in observed.results if pair[0].name not in doubtful]
        observed.tried = [tried for tried in observed.tried if tried.name not in doubtful]
        self.run_orders(orders)
        self._seen_in_anew(doubtful)
        return True

    def see_alone(self) -> None:
        """Look again at orders that ran beside others and show something else than the findings say.

        Those that passed where they should fail, and those that failed though none of the accused ran before. Where one
        did lie, all that was seen of orders beside others is seen again alone. Raises OutOfBudget.
        """
        observer, observed = self._observer(), self.observed
        beside = set(observed.beside)
        accused = self._accused()
        strange = {
            name for one in observed.failures(findings=self.findings) if _key(one) in accused for name in one.seen_in
        }
        try:
            lied = any(observer.lied(doubt) for doubt in observed.doubts(self.findings))
            if lied or any(observer.differs(order) for order in observed.whole(strange & beside)):
                self.session.dispatch.disturbed()
                observer.again(observed.whole(observed.beside))
        finally:
            self._seen_in_anew(beside - observed.beside)

    def _seen_in_anew(self, names: Collection[str]) -> None:
        """Let the findings say what is now known of the orders of these names."""
        observed = self.observed
        if not names:
            return
        failing = {
            (order.name, outcome.nodeid): {signature.key for signature in outcome.signatures}
            for order, result in observed.results
            for outcome in result.failed
        }
        place = {name: index for index, name in enumerate(dict.fromkeys(order.name for order, _ in observed.results))}
        for index, found in enumerate(self.findings):
            kept = [name for name in found.seen_in if name not in names or (name, found.victim) in failing]
            new = [
                tried.name
                for tried in observed.tried
                if tried.name in names and found.signature.key in failing.get((tried.name, found.victim), ())
            ]
            shown = [name for name in dict.fromkeys((*kept, *new)) if observed.accounts(found, name)]
            seen_in = tuple(sorted(shown, key=lambda name: place.get(name, len(place))))
            if seen_in != found.seen_in:
                self.findings[index] = replace(found, seen_in=seen_in)
                self._save(self.findings[index])

    def add(self, found: Finding, failure: Failure) -> None:
        """Keep, store and tell what was found of `failure`."""
        self.findings.append(found)
        if failure.signature is not None or found.confirmed:
            self._save(found)
        self.listener.finding(found)

    def _save(self, found: Finding) -> None:
        """Store a finding with what its replay needs."""
        self.session.history.save_finding(found, self.session.context(), run=self.run)

    def pursue(self, orders: Sequence[NamedOrder], victim: NodeId | None, workers: Sequence[OrderSpec] = ()) -> None:
        """Run `orders`, and the suite under xdist as `workers` say, then diagnose what failed.

        Stops in good order when the budget or the user says so.
        """
        with self.stopping():
            self.run_orders(orders)
            self.run_workers(workers)
            done: dict[tuple[NodeId, str], set[tuple[str, ...]]] = {}
            while ahead := self._ahead(victim, done):
                for one in ahead:
                    done.setdefault(_key(one), set()).add(one.seen_in)
                self.diagnose(ahead)
                self.see_alone()

    def _ahead(
        self, victim: NodeId | None, done: Mapping[tuple[NodeId, str], Collection[tuple[str, ...]]]
    ) -> list[Failure]:
        """What was not looked into: new failures, and known ones in orders in which none of the accused did it.

        `done` has the orders of each failure that was looked into.
        """
        accused = self._accused()
        return [
            one
            for one in self.observed.failures(victim, self.findings)
            if (key := _key(one)) not in done or (key in accused and one.seen_in not in done[key])
        ]

    def _accused(self) -> set[tuple[NodeId, str]]:
        """The failures for which somebody is accused."""
        return {(found.victim, found.signature.key) for found in self.findings if found.polluters}

    def pursue_given(self, order: NamedOrder, victim: NodeId) -> None:
        """Diagnose `victim` in an order in which it is said to fail: no whole run is paid for."""
        with self.stopping():
            before = order.order[: order.order.index(victim)]
            self.diagnose([Failure(victim, None, before, None, (order.name,))])

    @contextmanager
    def stopping(self) -> Iterator[None]:
        """Whatever the budget or the user ends in here ends in good order."""
        try:
            yield
        except OutOfBudget:
            self.stop("budget")
        except KeyboardInterrupt:
            self.stop("interrupted")

    def stop(self, because: StoppedBecause) -> None:
        """Keep the best that is known of the finding at hand, accusing nobody."""
        self.stopped_because = because
        best = None if self._diagnosis is None else self._diagnosis.best
        if best is not None and all(best.victim != found.victim for found in self.findings):
            note = best.note or "best so far: the run ended before fresh processes could confirm it"
            self.findings.append(accusing_nobody(best if best.confirmed else replace(best, note=note)))

    def report(self) -> RunReport:
        """Everything that was concluded, as plain values."""
        session = self.session
        settings = session.settings
        return RunReport(
            suite=session.suite,
            env=settings.env,
            services=session.services,
            coverage=session.condition.coverage,
            workers=settings.workers,
            sources=settings.sources,
            orders_tried=tuple(self.observed.tried),
            findings=tuple(self.findings),
            cost=session.dispatch.cost(session.seconds()),
            stopped_because=self.stopped_because,
            notes=tuple(dict.fromkeys(self.notes)),
        )


def _key(failure: Failure) -> tuple[NodeId, str]:
    return failure.victim, failure.signature.key if failure.signature else ""


def _forked_failure(result: TrialResult) -> bool:
    return result.runner == "fork" and bool(result.failed)


ORDER_DEPENDENT = ("victim", "brittle", "cross-process", "import-time")


def exit_code(report: RunReport) -> int:
    """2 interrupted, 1 where something order-dependent was confirmed, else 0."""
    if report.stopped_because == "interrupted":
        return 2
    return int(any(found.confirmed and found.kind in ORDER_DEPENDENT for found in report.findings))
