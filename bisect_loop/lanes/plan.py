"""The plan for a failure that was seen under pytest-xdist: one process first, several only where none shows it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from bisect_loop.asking import Failure
from bisect_loop.confirm import PlainConfirmer
from bisect_loop.diagnose import Diagnosis
from bisect_loop.lanes.confirm import PlainLanes
from bisect_loop.lanes.crossing import Crossing
from bisect_loop.lanes.sighting import Sighting
from bisect_loop.model import Finding, Needs, Verdict, Worker


@dataclass(slots=True)
class LaneDiagnosis:
    """Diagnoses failures of lanes. `diagnosis` is that of the same suite in a process that is no worker."""

    diagnosis: Diagnosis
    confirmer: PlainConfirmer
    _of_worker: dict[Worker, Diagnosis] = field(default_factory=dict)

    def diagnose(self, failure: Failure, seen: Sighting) -> Finding:
        """Return what is to be said of `failure`. Raises OutOfBudget; `diagnosis.best` then holds what is known."""
        plain, own = self.diagnosis, self.as_worker(seen.lane.worker)
        plain.best = own.best = None
        try:
            return self._diagnose(failure, seen, plain, own)
        finally:
            plain.best = plain.best or own.best

    def _diagnose(self, failure: Failure, seen: Sighting, plain: Diagnosis, own: Diagnosis) -> Finding:
        victim, whole = failure.victim, (*failure.before, failure.victim)
        yes = Verdict.REPRODUCES
        if plain.shows(failure, (victim,)) is not Verdict.DOES_NOT:
            return plain.diagnose(failure)
        if plain.shows(failure, whole) is yes:
            return plain.diagnose(failure)
        if own.shows(failure, (victim,)) is yes and own.shows(failure, (victim,), "fresh") is yes:
            return _by_identity(failure, seen.lane.worker)
        if own.shows(failure, whole) is yes:
            return own.diagnose(failure)
        # A forked child may lack what a fresh process has; the plan finds that out, once it is known to show.
        for who in (plain, own):
            if who.shows(failure, whole, "fresh") is yes:
                return who.diagnose(failure)
        # What another worker left behind outside of any process (a file, a row) shows in one process as well.
        if plain.shows(failure, (*seen.merged, victim)) is yes:
            return plain.diagnose(replace(failure, before=seen.merged))
        return Crossing(plain, PlainLanes(self.confirmer)).diagnose(failure, seen)

    def as_worker(self, worker: Worker) -> Diagnosis:
        """The diagnosis whose trials have the identity of `worker`."""
        if worker not in self._of_worker:
            confirmer = replace(self.confirmer, worker=worker, _alone={}, _variant=0)
            self._of_worker[worker] = replace(
                self.diagnosis, worker=worker, confirmer=confirmer, best=None, _polluters=[], _setters=[]
            )
        return self._of_worker[worker]


def _by_identity(failure: Failure, worker: Worker) -> Finding:
    """A test that fails as this worker, alone as well, and passes in a process that is no worker."""
    assert failure.signature is not None
    return Finding(
        kind="always-fails",
        victim=failure.victim,
        signature=failure.signature,
        minimal_order=(failure.victim,),
        needs=Needs(workers=worker.count),
        worker=worker,
        seen_in=failure.seen_in,
        note=f"it fails as worker {worker.id} of {worker.count} of pytest-xdist, alone as well, and passes alone"
        " in a process that is no worker",
    )
