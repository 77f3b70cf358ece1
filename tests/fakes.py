"""A suite that is declared, not run: the Runner of tests for the plan."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from bisect_loop.model import Ending, NodeId, Outcome, Signature, Trial, TrialResult

BROKEN = Signature("ValueError", "tests/test_x.py:1", "broken", "call")


@dataclass(frozen=True)
class Rule:
    """`victim` ends as `how` when every test of `after` ran before it with none of `unless` behind the last of them.

    `how` is a signature, "crash", "hang", "skip" or "teardown"; `rate` the share of runs in which the rule holds.
    An empty `after` is a test that always ends so. `collected` needs files in the collection too.
    """

    victim: NodeId
    after: tuple[NodeId, ...] = ()
    unless: tuple[NodeId, ...] = ()
    how: Signature | str = BROKEN
    rate: float = 1.0
    collected: tuple[str, ...] = ()

    def holds(self, before: Sequence[NodeId], files: Callable[[str], bool], chance: random.Random) -> bool:
        if not set(self.after) <= set(before) or not all(files(path) for path in self.collected):
            return False
        last = max((index for index, nodeid in enumerate(before) if nodeid in self.after), default=-1)
        if any(nodeid in self.unless for nodeid in before[last + 1 :]):
            return False
        return self.rate >= 1 or chance.random() < self.rate


@dataclass
class FakeSuite:
    """A Runner over `ids`. A brittle test is a Rule without `after` and with its setters in `unless`.

    Rules with a rate draw from `chance`; the same seed gives the same answers to the same trials.
    """

    ids: tuple[NodeId, ...]
    rules: tuple[Rule, ...] = ()
    name: str = "fork"
    seed: int = 0
    runs: int = 0
    closed: bool = False
    seconds: float = 0.0  # what each test takes
    seen: list[Trial] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def run(self, trial: Trial) -> TrialResult:
        with self._lock:
            self.runs += 1
            self.seen.append(trial)
        order = self.ids if trial.order is None else trial.order
        known = set(self.ids)
        missing = tuple(nodeid for nodeid in order if nodeid not in known)
        chance = random.Random(f"{self.seed}{trial.key()}")

        def collected(path: str) -> bool:
            return trial.collect is None or path in trial.collect

        outcomes: list[Outcome] = []
        before: list[NodeId] = []
        probes: list[Outcome | None] = []

        def probe() -> None:
            seen = list(before)
            for nodeid in trial.probe:
                outcome, _ = self._one(nodeid, seen, collected, chance)
                seen.append(nodeid)
            probes.append(outcome)

        if trial.probe:
            probe()
        for nodeid in order:
            if nodeid in missing:
                continue
            outcome, ending = self._one(nodeid, before, collected, chance)
            outcomes.append(outcome)
            if ending is not Ending.FINISHED:
                return TrialResult(tuple(outcomes), ending, self.name, f"in {nodeid}", missing=missing)
            before.append(nodeid)
            if trial.probe:
                probe()
        ending = Ending.FINISHED if outcomes else Ending.NO_TESTS
        if self.name == "fork":
            ending = Ending.FINISHED
        return TrialResult(tuple(outcomes), ending, self.name, missing=missing, probes=tuple(probes))

    def _one(
        self, nodeid: NodeId, before: Sequence[NodeId], files: Callable[[str], bool], chance: random.Random
    ) -> tuple[Outcome, Ending]:
        for rule in self.rules:
            if rule.victim == nodeid and rule.holds(before, files, chance):
                if isinstance(rule.how, Signature):
                    return Outcome(nodeid, "failed", (rule.how,)), Ending.FINISHED
                if rule.how == "skip":
                    return Outcome(nodeid, "skipped"), Ending.FINISHED
                if rule.how == "teardown":
                    signature = Signature("RuntimeError", "tests/test_x.py:2", "teardown", "teardown")
                    return Outcome(nodeid, "failed", (signature,)), Ending.FINISHED
                kind, ending = {"crash": ("Crash", Ending.CRASHED), "hang": ("Hang", Ending.TIMEOUT)}[rule.how]
                return Outcome(nodeid, "failed", (Signature(kind, "", "", "call"),)), ending
        return Outcome(nodeid, "passed", seconds=self.seconds), Ending.FINISHED

    def close(self) -> None:
        self.closed = True
