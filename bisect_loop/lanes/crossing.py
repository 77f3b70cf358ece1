"""A failure that no single lane shows: the lanes are run side by side, and made smaller as far as that is honest.

Whether it fails there may hang on which test ran at which moment, so one trial that passes says little. What is
said rests on trials that failed: a set of tests that failed side by side does, however seldom. That a test is needed
is said only where without it nothing failed in so many trials that, at the rate with it, one in a hundred would be
silent by chance.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from bisect_loop.asking import Failure
from bisect_loop.diagnose import Diagnosis, accusing_nobody
from bisect_loop.lanes.confirm import LanesClaim, LanesConfirmer
from bisect_loop.lanes.sighting import Sighting
from bisect_loop.model import Finding, Lane, Needs, NodeId, Trial, Verdict, Worker
from bisect_loop.search import judge, rates
from bisect_loop.search.narrow import narrow
from bisect_loop.search.question import drive

# How often the victim is run alone, and everything in one process, before several are started: those are cheap.
_ALONE, _IN_ONE = 8, 3
# How often the lanes as a whole are run before it is said that they did not fail again.
_WHOLE = 6
# How often a smaller set of lanes is, before the next one is tried.
_SMALLER = 4
# The most trials for one verdict while narrowing: where the failure is seldom, what is left may be too much.
_MOST = 10

Item = tuple[Worker, NodeId]


@dataclass(slots=True)
class Crossing:
    """Looks into one failure. `diagnosis` is that of the suite in one process."""

    diagnosis: Diagnosis
    confirmer: LanesConfirmer
    _trials: int = 0
    _runs: dict[tuple[Lane, ...], list[bool]] = field(default_factory=dict)

    def diagnose(self, failure: Failure, seen: Sighting) -> Finding:
        """Return what is to be said of `failure`. Raises OutOfBudget; `diagnosis.best` then holds what is known."""
        assert failure.signature is not None
        whole = (*seen.others, seen.lane)
        if self._shows(failure, (failure.victim,), _ALONE):
            return self._by_chance(failure, "it fails now and then, also when it runs alone")
        for before in (failure.before, seen.merged):
            if self._shows(failure, (*before, failure.victim), _IN_ONE):
                return self.diagnosis.diagnose(replace(failure, before=before))
        start = self._start(failure, seen, whole)
        if start is None:
            return self._by_chance(
                failure, f"it did not fail again, in its lane in one process or in {self._trials} runs beside others"
            )
        self._remember(failure, start)
        while len(self._runs[start]) < _SMALLER:
            self._once(failure, start, everything=start == whole)
        lanes, needed = self._narrow(failure, seen, start)
        rate = self._rate(lanes)
        found = self._remember(failure, lanes)
        self.diagnosis.progress.confirming(failure.victim)
        ordered = tuple(sorted(lanes, key=lambda lane: (len(lane.worker.id), lane.worker.id)))
        own = next(number for number, lane in enumerate(ordered) if lane.worker == seen.lane.worker)
        shown = self.confirmer.confirm(LanesClaim(found.id, ordered, own, failure.signature))
        failed, runs = shown.confirmation.minimal_failed
        note = f"in one process the same tests failed in none of {runs} runs"
        if not shown.holds:
            note = f"it failed beside other workers here, and {failed} of {runs} times under pytest-xdist: not enough"
        elif not needed:
            note += f"; not each of the {len(found.minimal_order) - 1} other tests is known to be needed"
        return accusing_nobody(
            replace(
                found,
                signature=shown.shown if shown.holds and shown.shown is not None else found.signature,
                lanes=ordered,
                polluters=found.minimal_order[:-1] if needed else (),
                confirmed=shown.holds,
                confirmation=shown.confirmation,
                confidence=shown.confidence if shown.holds else 0.0,
                failure_rate=failed / runs if runs else rate,
                needs=Needs(workers=len(ordered), services=self.diagnosis.condition.services),
                replay=shown.replay if shown.holds else replace(shown.replay, command=""),
                note=note,
            )
        )

    def _start(self, failure: Failure, seen: Sighting, whole: tuple[Lane, ...]) -> tuple[Lane, ...] | None:
        """Lanes that were seen to fail side by side, few if can be; None where none did.

        What ran at the same time as the victim comes first: started together they meet more surely than whole lanes.
        """
        nearest, *smaller = _smaller(seen)
        if nearest != whole and self._fails(failure, nearest, _SMALLER):
            return nearest
        if not self._fails(failure, whole, _WHOLE, everything=True):
            return None
        return next((lanes for lanes in smaller if lanes != whole and self._fails(failure, lanes, _SMALLER)), whole)

    # Trials.

    def _once(self, failure: Failure, lanes: tuple[Lane, ...], everything: bool) -> bool:
        """Run `lanes` side by side once. Only the modules of their tests are collected, unless `everything` is."""
        files = dict.fromkeys(nodeid.partition("::")[0] for lane in lanes for nodeid in lane.order)
        trial = Trial(
            None,
            self.diagnosis.condition,
            collect=None if everything else tuple(files),
            timeout=self.diagnosis.options.timeout,
            lanes=lanes,
        )
        assert failure.signature is not None
        result = self.diagnosis.dispatch.run(trial, "fresh")
        self._trials += 1
        shown = judge.verdict(result, failure.victim, failure.signature) is Verdict.REPRODUCES
        self._runs.setdefault(lanes, []).append(shown)
        return shown

    def _shows(self, failure: Failure, order: tuple[NodeId, ...], times: int) -> bool:
        """Whether `order` in one process shows the failure in one of so many trials."""
        return any(self.diagnosis.shows(failure, order) is Verdict.REPRODUCES for _ in range(times))

    def _fails(self, failure: Failure, lanes: tuple[Lane, ...], tries: int, *, everything: bool = False) -> bool:
        """Whether `lanes` fail in one of so many trials; it ends with the first that does."""
        return any(self._once(failure, lanes, everything) for _ in range(tries))

    def _rate(self, lanes: tuple[Lane, ...]) -> float:
        """How often `lanes` fail, from their trials so far: cautious, for there are few."""
        runs = self._runs[lanes]
        return sum(runs) / (len(runs) + 1)

    # Narrowing.

    def _narrow(self, failure: Failure, seen: Sighting, start: tuple[Lane, ...]) -> tuple[tuple[Lane, ...], bool]:
        """Return (the fewest tests that were seen to fail side by side, whether each is known to be needed)."""
        wanted = rates.runs_needed(self._rate(start))
        tries = min(wanted, _MOST)
        mine = seen.lane.worker
        items = [
            (lane.worker, nodeid) for lane in start for nodeid in lane.order[: -1 if lane.worker == mine else None]
        ]
        left = len(items)

        def lanes_of(chosen: Iterable[Item]) -> tuple[Lane, ...]:
            chosen = tuple(chosen)
            lanes = [Lane(lane.worker, tuple(n for w, n in chosen if w == lane.worker)) for lane in start]
            lanes = [
                replace(lane, order=(*lane.order, failure.victim)) if lane.worker == mine else lane for lane in lanes
            ]
            return tuple(lane for lane in lanes if lane.order)

        def judged(chosen: tuple[Item, ...]) -> Verdict:
            nonlocal left
            lanes = lanes_of(chosen)
            shown = self._fails(failure, lanes, tries)
            if shown and len(chosen) < left:
                left = len(chosen)
                self._remember(failure, lanes)
            self.diagnosis.progress.narrowing(failure.victim, left, len(items), self._trials)
            return Verdict.REPRODUCES if shown else Verdict.DOES_NOT

        beside = [((worker, nodeid),) for worker, nodeid in items if worker != mine and nodeid in seen.beside]
        found = drive(narrow(items, suspects=beside if len(items) > 1 else ()), judged)
        lanes = lanes_of(found.minimal)
        if lanes not in self._runs:
            lanes = start  # nothing smaller failed; it was run with all modules collected
        return lanes, found.one_minimal and wanted <= _MOST

    # Findings.

    def _remember(self, failure: Failure, lanes: Sequence[Lane]) -> Finding:
        """The finding as far as it is known: kept as the best so far."""
        assert failure.signature is not None
        order = [nodeid for lane in lanes for nodeid in lane.order if nodeid != failure.victim]
        found = Finding(
            kind="cross-process",
            victim=failure.victim,
            signature=failure.signature,
            minimal_order=(*order, failure.victim),
            lanes=tuple(lanes),
            needs=Needs(workers=len(lanes)),
            seen_in=failure.seen_in,
        )
        self.diagnosis.best = found
        return found

    def _by_chance(self, failure: Failure, note: str) -> Finding:
        assert failure.signature is not None
        return Finding(
            kind="nondeterministic",
            victim=failure.victim,
            signature=failure.signature,
            minimal_order=(failure.victim,),
            seen_in=failure.seen_in,
            note=note,
        )


def _smaller(seen: Sighting) -> list[tuple[Lane, ...]]:
    """Smaller sets of lanes, the likeliest first: what ran at the same time, and the victim at the head of its lane."""
    victim = Lane(seen.lane.worker, seen.lane.order[-1:])
    beside = [
        Lane(lane.worker, tuple(nodeid for nodeid in lane.order if nodeid in seen.beside)) for lane in seen.others
    ]
    near = [lane for lane in beside if lane.order]
    sets = [(*near, victim), (*near, seen.lane), (*seen.others, victim)] if near else [(*seen.others, victim)]
    return list(dict.fromkeys(sets))
