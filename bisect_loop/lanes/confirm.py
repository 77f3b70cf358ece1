"""Confirms that a failure is one of several workers: pytest-xdist itself, by the very command that is printed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from bisect_loop.confirm import Confirmed, PlainConfirmer
from bisect_loop.model import Confirmation, Lane, Replay, Signature, TrialResult, Verdict
from bisect_loop.search import judge, rates

_SURE = 0.99
# How often a command is run before it is said not to show the failure, and at most to count how often it does.
_FIRST, _MOST = 8, 24


@dataclass(frozen=True, slots=True)
class LanesClaim:
    """What is to be shown: `lanes` fail side by side, and never in one process.

    The last test of the lane number `own` is the victim.
    """

    name: str
    lanes: tuple[Lane, ...]
    own: int
    signature: Signature

    @property
    def victim(self) -> str:
        return self.lanes[self.own].order[-1]

    @property
    def in_one(self) -> tuple[str, ...]:
        """The same tests in one process, the victim last."""
        others = [nodeid for lane in self.lanes if lane is not self.lanes[self.own] for nodeid in lane.order]
        return (*others, *self.lanes[self.own].order)


class LanesConfirmer(Protocol):
    """Shows or refutes that it takes several workers."""

    def confirm(self, claim: LanesClaim) -> Confirmed: ...


@dataclass(slots=True)
class PlainLanes:
    """Runs printed commands, one at a time: nothing else may run beside workers that are looked at."""

    plain: PlainConfirmer

    def confirm(self, claim: LanesClaim) -> Confirmed:
        """Run the lanes under pytest-xdist, the same tests in one process, and the victim alone, and compare."""

        failures: list[TrialResult] = []

        def fails(result: TrialResult) -> bool:
            if judge.verdict(result, claim.victim, claim.signature) is not Verdict.REPRODUCES:
                return False
            failures.append(result)
            return True

        def passes(result: TrialResult) -> bool:
            return judge.passes(result, claim.victim) is Verdict.REPRODUCES

        text, shown = "", [False]
        for options in self.plain.orderly():
            command = self.plain.commander.by_lanes(
                self.plain.condition, [lane.order for lane in claim.lanes], name=claim.name, options=options
            )
            text = self.plain.prepared(command)
            shown = []
            while len(shown) < _FIRST and not any(shown):
                shown.append(fails(self._run(text)))
            if any(shown):
                break
        if not any(shown):
            return Confirmed(False, Confirmation((0, len(shown)), (0, 0)), Replay(text, True))
        # As many runs as it takes, if as many of one process then show no failure at all.
        while rates.confidence(sum(shown), len(shown), 0, len(shown)) < _SURE and len(shown) < _MOST:
            shown.append(fails(self._run(text)))
        failed, runs = sum(shown), len(shown)
        together = [self.plain.once(claim.in_one, claim.name)[1] for _ in range(runs)]
        alone = [self.plain.once((claim.victim,), claim.name)[1] for _ in range(self.plain.times)]
        passed = sum(map(passes, alone))
        in_one = [passes(result) for result in together]
        confidence = rates.confidence(failed, runs, in_one.count(False), len(in_one))
        holds = passed == len(alone) and all(in_one) and confidence >= _SURE
        confirmation = Confirmation((failed, runs), (passed, len(alone)))
        error = judge.shown(failures, claim.victim, claim.signature)
        return Confirmed(holds, confirmation, Replay(text, True), confidence, shown=error)

    def _run(self, text: str) -> TrialResult:
        (result,) = self.plain.run([text])
        return result
