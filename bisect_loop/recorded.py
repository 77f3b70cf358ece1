"""Runs again what a CI log tells of: the failing lane up to its failure, as that worker, beside the other lanes.

The cheapest comes first. What none of them shows is said to have not reproduced here, with what was tried.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from bisect_loop import ingest
from bisect_loop.asking import Failure
from bisect_loop.ingest.recording import MAIN, Recording
from bisect_loop.lanes.sighting import Crew
from bisect_loop.model import Lane, NamedOrder, NodeId, OrderTried, Signature, Suite, Trial, TrialResult, Worker
from bisect_loop.observed import failed
from bisect_loop.reproduce import Investigation

# How often all lanes are run side by side: which tests meet there is a matter of chance.
_SIDE_BY_SIDE = 3


@dataclass(slots=True)
class Recorded:
    """Pursues the failures of `recording`, whose ids are the collected ones; of `victim` only, where one is named.

    `orders` are run where the log holds no order. What is found goes to `investigation`.
    """

    investigation: Investigation
    recording: Recording
    orders: Sequence[NamedOrder] = ()
    victim: NodeId | None = None
    _tried: list[str] = field(default_factory=list)

    def pursue(self) -> None:
        """Reproduce, narrow and confirm. Stops in good order when the budget or the user says so."""
        with self.investigation.stopping():
            lanes = self.recording.failing_lanes() if self.recording.ordered else ()
            for lane in lanes:
                self._lane(lane)
            placed = {nodeid for lane in lanes for nodeid in lane.failed}
            self._without_order([nodeid for nodeid in self.recording.failed if nodeid not in placed])

    def _wanted(self, nodeids: Sequence[NodeId]) -> list[NodeId]:
        return [nodeid for nodeid in nodeids if self.victim in (None, nodeid)]

    def _without_order(self, victims: Sequence[NodeId]) -> None:
        """The log names these and no place for them: the usual orders may show them."""
        if wanted := self._wanted(victims):
            self._tried = [order.name for order in self.orders]
            self.investigation.run_orders(self.orders)
            seen = self._seen(wanted)
            self.investigation.diagnose([*seen, *(self._unseen(v, ()) for v in wanted if v not in _victims(seen))])
            self.investigation.see_alone()

    def _lane(self, lane: ingest.Lane) -> None:
        wanted = self._wanted(lane.failed)
        if not wanted:
            return
        order = lane.upto(wanted[-1])
        name = "log" if lane.worker == MAIN else f"log:{lane.worker}"
        self._tried = [f"its order of {len(order)} tests in one process"]
        self.investigation.run_orders([NamedOrder(name, order)])
        for failure in self._seen(wanted):
            wanted.remove(failure.victim)
            self._diagnose(failure)
        if wanted and lane.worker != MAIN:
            wanted = self._as_worker(lane, order, wanted)
        if wanted and len(self.recording.lanes) > 1:
            wanted = self._side_by_side(lane, wanted)
        self.investigation.diagnose([self._unseen(victim, order) for victim in wanted])

    def _seen(self, wanted: Sequence[NodeId]) -> list[Failure]:
        """The first failure of each of `wanted` that was seen here so far."""
        found: dict[NodeId, Failure] = {}
        for failure in self.investigation.observed.failures():
            if failure.victim in wanted:
                found.setdefault(failure.victim, failure)
        return list(found.values())

    def _unseen(self, victim: NodeId, order: Sequence[NodeId]) -> Failure:
        """What the log says and no trial showed: the plan tries its order again, and says that it passes."""
        before = tuple(order[: order.index(victim)]) if victim in order else ()
        self.investigation.notes.append(f"{victim} did not fail here; tried: {', '.join(self._tried)}")
        return Failure(victim, None, before, None, ("log",))

    def _diagnose(self, failure: Failure) -> None:
        """Diagnose what failed in one process."""
        assert failure.signature is not None
        self._compare(failure.victim, failure.signature)
        self.investigation.diagnose([failure])

    def _compare(self, victim: NodeId, here: Signature) -> None:
        """Say so where the test fails in another way than in the log."""
        logged = self.recording.failure_of(victim)
        if logged is None or not logged.type:
            return
        there = Signature(logged.type, logged.where, logged.message, logged.phase or "call")
        same = there.family == here.family if there.family or here.family else _name(there) == _name(here)
        if not same:
            self.investigation.notes.append(
                f"{victim} fails in another way than in the log: there {there.headline}, here {here.headline}"
            )

    def _as_worker(self, lane: ingest.Lane, order: Sequence[NodeId], wanted: list[NodeId]) -> list[NodeId]:
        """Run the lane with its worker's identity; return what of `wanted` still did not fail."""
        session = self.investigation.session
        worker = self._worker(lane)
        self._tried.append(f"the same as worker {worker.id}")
        trial = Trial(tuple(order), session.condition, timeout=session.settings.timeout, worker=worker)
        result = session.dispatch.run(trial, "fresh")
        self._heard(f"log as {worker.id}", result)
        for victim in [nodeid for nodeid in wanted if nodeid in failed(result)]:
            failure = _failure(victim, result, f"log:{lane.worker}")
            self._compare(victim, _signature_of(result, victim))
            self.investigation.add(self.investigation.lane_diagnosis.as_worker(worker).diagnose(failure), failure)
            wanted.remove(victim)
        return wanted

    def _side_by_side(self, lane: ingest.Lane, wanted: list[NodeId]) -> list[NodeId]:
        """Run all lanes at the same time; return what of `wanted` still did not fail."""
        session = self.investigation.session
        lanes = tuple(Lane(self._worker(one), one.order) for one in self.recording.lanes if one.worker != MAIN)
        self._tried.append(f"all {len(lanes)} lanes side by side, {_SIDE_BY_SIDE} times")
        for _ in range(_SIDE_BY_SIDE):
            trial = Trial(None, session.condition, timeout=session.settings.timeout, lanes=lanes)
            result = session.dispatch.run(trial, "fresh")
            self._heard("log side by side", result)
            own = next((one for one in result.lanes if one.worker.id == lane.worker), None)
            for victim in [nodeid for nodeid in wanted if own and nodeid in failed(result)]:
                assert own is not None
                failure = _failure(victim, result, f"log:{lane.worker}", own.places)
                self._compare(victim, _signature_of(result, victim))
                sighting = Crew(result, own).sighting(victim)
                self.investigation.add(self.investigation.lane_diagnosis.diagnose(failure, sighting), failure)
                wanted.remove(victim)
            if not wanted:
                break
        return wanted

    def _worker(self, lane: ingest.Lane) -> Worker:
        return Worker(lane.worker, self.recording.workers or len(self.recording.lanes), "log")

    def _heard(self, name: str, result: TrialResult) -> None:
        tried = OrderTried(name, None, tuple(dict.fromkeys(failed(result))), result.ending.value)
        self.investigation.observed.tried.append(tried)
        self.investigation.listener.order_finished(tried)


def differences(recording: Recording, suite: Suite) -> list[str]:
    """Return what of the log's own interpreter and pytest is another one here, a sentence each."""
    found = []
    for name, there, here in (("Python", recording.python, suite.python), ("pytest", recording.pytest, suite.pytest)):
        if there and there.split(".")[:2] != here.split(".")[:2]:
            found.append(f"the log is of {name} {there}, and the tests run with {here} here")
    return found


def _victims(failures: Sequence[Failure]) -> set[NodeId]:
    return {failure.victim for failure in failures}


def _name(signature: Signature) -> str:
    return signature.type.rpartition(".")[2]


def _signature_of(result: TrialResult, victim: NodeId) -> Signature:
    """Return the first failure of `victim` in `result`."""
    outcome = result.of(victim)
    assert outcome is not None
    return outcome.signatures[0] if outcome.signatures else Signature("Failed", "", "", "call")


def _failure(victim: NodeId, result: TrialResult, name: str, places: Sequence[int] | None = None) -> Failure:
    """The failure of `victim` in `result`; `places` are those of its own lane."""
    ran = [result.outcomes[place].nodeid for place in (range(len(result.outcomes)) if places is None else places)]
    failure = Failure(victim, None, tuple(ran[: ran.index(victim)]), None, (name,))
    return replace(failure, signature=_signature_of(result, victim))
