"""Confirms a claim: fresh processes, plain pytest, the very command that is printed.

Search is suspicion, confirmation is evidence: what this module does not see, nobody is accused of.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from bisect_loop.model import Condition, Confirmation, NodeId, Replay, Signature, TrialResult, Verdict
from bisect_loop.runner.command import Commander, PlainCommand
from bisect_loop.search import judge


@dataclass(frozen=True, slots=True)
class Claim:
    """What is to be shown: `order` ends with the victim.

    With `brittle` the order passes and the victim alone fails; otherwise the order fails and the victim alone
    passes. `imports` are files that must be collected for it. `rate` is how often the failure is expected.
    """

    name: str
    order: tuple[NodeId, ...]
    signature: Signature
    imports: tuple[str, ...] = ()
    brittle: bool = False
    rate: float = 1.0

    @property
    def victim(self) -> NodeId:
        return self.order[-1]


@dataclass(frozen=True, slots=True)
class Confirmed:
    """What plain pytest showed. `holds` is true when both arms showed what was claimed, every time."""

    holds: bool
    confirmation: Confirmation
    replay: Replay
    confidence: float = 0.0
    alone_failed_with: Signature | None = None


class Confirmer(Protocol):
    """Shows or refutes claims."""

    def confirm(self, claim: Claim) -> Confirmed: ...

    def alone(self, victim: NodeId) -> TrialResult:
        """Run the victim alone, once, in plain pytest."""
        ...


PlainRun = Callable[[str], TrialResult]


@dataclass(slots=True)
class PlainConfirmer:
    """Runs printed commands through `run` (one text for sh at a time), `times` for each arm."""

    run: PlainRun
    commander: Commander
    condition: Condition
    times: int
    say: Callable[[str], None]
    _alone: dict[NodeId, list[TrialResult]] = field(default_factory=dict)
    _variant: int = 0

    def _variants(self) -> list[tuple[tuple[str, ...], tuple[tuple[str, str], ...]]]:
        """Ways to run given ids in the given order, the shortest first: (options, environment)."""
        hash_seed = (("PYTHONHASHSEED", self.condition.hash_seed),)
        seeded: tuple[str, ...] = ()
        variants: list[tuple[tuple[str, ...], tuple[tuple[str, str], ...]]] = []
        if "randomly" in self.commander.suite.plugins:
            seeded = ("--randomly-dont-reorganize", f"--randomly-seed={self.condition.random_seed}")
            variants.append((("-p", "no:randomly"), ()))
        variants += [(seeded, ()), (seeded, hash_seed)]
        return variants

    def _execute(self, command: PlainCommand) -> TrialResult:
        for name, content in command.files:
            self.commander.store.mkdir(parents=True, exist_ok=True)
            Path(self.commander.store, name).write_text(content, encoding="utf-8", errors="surrogatepass")
        return self.run(command.text)

    def _command(self, variant: int, order: Sequence[NodeId], name: str, imports: Sequence[str] = ()) -> PlainCommand:
        options, env = self._variants()[variant]
        return self.commander.by_ids(
            self.condition, order, name=name, options=options, env=env, imports=imports
        )

    def alone(self, victim: NodeId) -> TrialResult:
        return self._alone_runs(victim, 1)[0]

    def _alone_runs(self, victim: NodeId, times: int) -> list[TrialResult]:
        """`times` runs of the victim alone; what has run already counts."""
        runs = self._alone.setdefault(victim, [])
        while len(runs) < times:
            command = self._command(self._variant, (victim,), "alone")
            result = self._execute(command)
            if not ran_as_asked(result, (victim,)):
                options, env = self._variants()[self._variant]
                command = self.commander.by_plugin(
                    self.condition, (victim,), name="alone", options=options, env=env
                )
                result = self._execute(command)
            runs.append(result)
        return runs[:times]

    def _find_command(self, claim: Claim) -> tuple[PlainCommand, TrialResult]:
        """The first way of running the claim's order that shows what is claimed, else the last one tried."""
        shown = claim.order if not claim.brittle else (claim.victim,)
        last: tuple[PlainCommand, TrialResult] | None = None
        for index in range(len(self._variants())):
            variant = (self._variant + index) % len(self._variants())
            command = self._command(variant, shown, claim.name, claim.imports)
            result = self._execute(command)
            if not ran_as_asked(result, shown):
                options, env = self._variants()[variant]
                command = self.commander.by_plugin(
                    self.condition, shown, name=claim.name, options=options, env=env
                )
                result = self._execute(command)
            last = command, result
            if judge.verdict(result, claim.victim, claim.signature) is Verdict.REPRODUCES:
                self._variant = variant
                break
        assert last is not None
        return last

    def confirm(self, claim: Claim) -> Confirmed:
        """Run both arms and say whether the claim holds."""
        command, first = self._find_command(claim)
        shown = judge.verdict(first, claim.victim, claim.signature) is Verdict.REPRODUCES
        certain = claim.rate >= 1.0
        if not shown and certain:
            # Once refuted is enough; the count says how often it was tried.
            return Confirmed(False, Confirmation((0, 1), (0, 0)), Replay(command.text, True))
        times = self.times if certain else noisy_times(claim.rate, self.times)
        runs = [first, *(self._execute(command) for _ in range(times - 1))]
        failed = sum(judge.verdict(r, claim.victim, claim.signature) is Verdict.REPRODUCES for r in runs)
        if claim.brittle:
            return self._confirm_brittle(claim, command, failed, times)
        alone = self._alone_runs(claim.victim, times)
        passed = sum(judge.passes(r, claim.victim) is Verdict.REPRODUCES for r in alone)
        confirmation = Confirmation((failed, times), (passed, times))
        confidence = judge.order_matters(failed, times, times - passed, times)
        holds = passed == times and (failed == times if certain else confidence >= 0.99)
        against = next((s for r in alone if (o := r.of(claim.victim)) for s in o.signatures), None)
        return Confirmed(holds, confirmation, Replay(command.text, True), confidence, against)

    def _confirm_brittle(self, claim: Claim, alone: PlainCommand, failed: int, times: int) -> Confirmed:
        """The other arm of a brittle test: its minimal order passes. Its replay shows the failure: alone."""
        command = self._command(self._variant, claim.order, claim.name, claim.imports)
        runs = [self._execute(command) for _ in range(times)]
        passed = sum(judge.passes(r, claim.victim) is Verdict.REPRODUCES for r in runs)
        confirmation = Confirmation((times - passed, times), (times - failed, times))
        confidence = judge.order_matters(failed, times, times - passed, times)
        holds = failed == times and passed == times
        return Confirmed(holds, confirmation, Replay(alone.text, True), confidence)


def ran_as_asked(result: TrialResult, order: Sequence[NodeId]) -> bool:
    """Whether exactly the tests of `order` ran, in that order (a crash or hang may cut it short)."""
    ran = [outcome.nodeid for outcome in result.outcomes]
    return bool(ran) and ran == list(order[: len(ran)])


def noisy_times(rate: float, times: int) -> int:
    """How many runs of each arm tell a failure of this rate from a test that never fails.

    With n runs each, all alone passing, about rate * n failures are seen; 12 at a rate of one half give a
    one-sided exact p below 0.01.
    """
    return max(times, min(40, round(6 / max(rate, 0.15))))
