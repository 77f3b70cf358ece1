"""Confirms a claim: fresh processes, plain pytest, the very command that is printed.

Search is suspicion, confirmation is evidence: what this module does not see, nobody is accused of.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from bisect_loop.model import Condition, Confirmation, NodeId, Replay, Signature, TrialResult, Verdict, Worker
from bisect_loop.runner.command import Commander, PlainCommand
from bisect_loop.search import judge, rates


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
    condition: Condition | None = None  # where only a part of the conditions is needed

    @property
    def victim(self) -> NodeId:
        return self.order[-1]


@dataclass(frozen=True, slots=True)
class Confirmed:
    """What plain pytest showed. `holds` is true when both arms showed what was claimed, every time.

    `as_worker` says that it took the identity of a worker. `shown` is the failure as the command showed it: the same
    as the one that was claimed, but for what differs from run to run; None where it was not seen.
    """

    holds: bool
    confirmation: Confirmation
    replay: Replay
    confidence: float = 0.0
    as_worker: bool = False
    shown: Signature | None = None


class Confirmer(Protocol):
    """Shows or refutes claims."""

    def confirm(self, claim: Claim) -> Confirmed: ...

    def alone(self, victim: NodeId) -> TrialResult:
        """Run the victim alone, once, in plain pytest."""
        ...


PlainRun = Callable[[Sequence[str]], list[TrialResult]]


@dataclass(frozen=True, slots=True)
class Variant:
    """A way to run given ids in the given order. With `worker` a plugin's file gives the process that identity."""

    options: tuple[str, ...] = ()
    env: tuple[tuple[str, str], ...] = ()
    worker: Worker | None = None
    as_worker: bool = False


@dataclass(slots=True)
class PlainConfirmer:
    """Runs printed commands through `run` (texts for sh, several at once), `times` for each arm.

    Where one of several at once does not show what is expected, all of them are run again, one at a time, and only
    that counts. With `worker`, commands that have the identity of that worker are tried where one without it does
    not show the failure.
    """

    run: PlainRun
    commander: Commander
    condition: Condition
    times: int
    worker: Worker | None = None
    _alone: dict[NodeId, TrialResult] = field(default_factory=dict)
    _variant: int = 0
    _ahead: dict[str, TrialResult] = field(default_factory=dict)

    def _variants(self) -> list[Variant]:
        """Ways to run given ids in the given order, the shortest first."""
        hash_seed = (("PYTHONHASHSEED", self.condition.hash_seed),)
        seeded: tuple[str, ...] = ()
        variants: list[Variant] = []
        if "randomly" in self.commander.suite.plugins:
            seeded = ("--randomly-dont-reorganize", f"--randomly-seed={self.condition.random_seed}")
            variants.append(Variant(("-p", "no:randomly")))
        if self.worker is None:
            return [*variants, Variant(seeded), Variant(seeded, hash_seed)]
        return [*variants, Variant(seeded), *self._as_worker(self.worker, seeded)]

    def _as_worker(self, worker: Worker, seeded: tuple[str, ...]) -> list[Variant]:
        """Ways that have the identity of `worker`: by variables, as the one worker of xdist, by a plugin's file."""
        env = (("PYTEST_XDIST_WORKER", worker.id), ("PYTEST_XDIST_WORKER_COUNT", str(worker.count)))
        variants = [Variant(seeded, env, as_worker=True)]
        if "xdist" in self.commander.suite.plugins and not self.commander.neutral:
            one = (*seeded, "--dist", "load", "--tx", f"popen//id={worker.id}")
            variants.append(Variant(one, as_worker=True))
        hash_seed = ("PYTHONHASHSEED", self.condition.hash_seed)
        return [*variants, Variant(seeded, (hash_seed, *env), worker, as_worker=True)]

    def orderly(self) -> list[tuple[str, ...]]:
        """Options, the shortest first, that keep plugins from giving tests another order."""
        return list(dict.fromkeys(way.options for way in self._variants()))

    def once(self, order: Sequence[NodeId], name: str) -> tuple[str, TrialResult]:
        """Run `order` in one process, in the way that was found to show what was claimed last."""
        return self._once(order, self._variant, name)

    def command_of(
        self,
        order: Sequence[NodeId],
        commander: Commander,
        condition: Condition,
        *,
        imports: Sequence[str] = (),
        by_plugin: bool = False,
    ) -> str:
        """The text that runs `order` elsewhere, as `commander` says, in the way that was found to show failures."""
        way = self._variants()[self._variant]
        if by_plugin or way.worker is not None:
            command = commander.by_plugin(
                condition, order, name="fix", options=way.options, env=way.env, worker=way.worker
            )
        else:
            command = commander.by_ids(condition, order, name="fix", options=way.options, env=way.env, imports=imports)
        return prepared(command, commander)

    def prepared(self, command: PlainCommand) -> str:
        """The text of `command`, once the files that it reads are there."""
        return prepared(command, self.commander)

    def _once(
        self,
        order: Sequence[NodeId],
        variant: int,
        name: str,
        *,
        condition: Condition | None = None,
        imports: Sequence[str] = (),
    ) -> tuple[str, TrialResult]:
        """Run `order` by its ids, or where no command line can name them in that order, by a plugin's file."""
        way = self._variants()[variant]
        options, env = way.options, way.env
        condition = condition or self.condition
        if way.worker is None:
            text = self.prepared(
                self.commander.by_ids(condition, order, name=name, options=options, env=env, imports=imports)
            )
            result = self._ahead.pop(text, None) or self.run([text])[0]
            if ran_as_asked(result, order):
                return text, result
        text = self.prepared(
            self.commander.by_plugin(condition, order, name=name, options=options, env=env, worker=way.worker)
        )
        (result,) = self.run([text])
        return text, result

    def alone(self, victim: NodeId) -> TrialResult:
        if victim not in self._alone:
            self._alone[victim] = self._once((victim,), self._variant, "alone")[1]
        return self._alone[victim]

    def _first(
        self, order: Sequence[NodeId], claim: Claim, shows: Callable[[TrialResult], bool]
    ) -> tuple[str, TrialResult]:
        """The first way of running `order` that shows what is claimed, else the last one tried."""
        tried: list[tuple[str, TrialResult]] = []
        ways = len(self._variants())
        for variant in ((self._variant + step) % ways for step in range(ways)):
            tried.append(self._once(order, variant, claim.name, condition=claim.condition, imports=claim.imports))
            if shows(tried[-1][1]):
                self._variant = variant
                break
        return tried[-1]

    def _run_ahead(
        self, claim: Claim, arms: Sequence[tuple[tuple[NodeId, ...], Callable[[TrialResult], bool]]]
    ) -> None:
        """Run the likely command of each arm, both at once, and keep what shows what is expected.

        The rest is run again alone: what one of several at once does not show is no refutation.
        """
        way = self._variants()[self._variant]
        if way.worker is not None:
            return
        condition = claim.condition or self.condition
        texts = []
        for index, (order, _) in enumerate(arms):
            imports = claim.imports if index == 0 or claim.brittle else ()
            command = self.commander.by_ids(
                condition, order, name=claim.name, options=way.options, env=way.env, imports=imports
            )
            texts.append(self.prepared(command))
        results = self.run(texts)
        for text, result, (order, shows) in zip(texts, results, arms, strict=True):
            if shows(result) and ran_as_asked(result, order):
                self._ahead[text] = result

    def _together(self, wanted: Sequence[tuple[str, Callable[[TrialResult], bool]]]) -> list[bool]:
        """Run texts, several at once, and say of each whether it shows what is expected."""
        results = self.run([text for text, _ in wanted])
        shown = [shows(result) for (_, shows), result in zip(wanted, results, strict=True)]
        if all(shown):
            return shown
        return [shows(self.run([text])[0]) for text, shows in wanted]

    def confirm(self, claim: Claim) -> Confirmed:
        """Run both arms and say whether the claim holds."""

        def fails(result: TrialResult) -> bool:
            return judge.verdict(result, claim.victim, claim.signature) is Verdict.REPRODUCES

        def passes(result: TrialResult) -> bool:
            return judge.passes(result, claim.victim) is Verdict.REPRODUCES

        # The printed command shows the failure: of a brittle test that is the victim alone.
        failing, passing = (claim.order, (claim.victim,)) if not claim.brittle else ((claim.victim,), claim.order)
        certain = claim.rate >= 1.0
        self._ahead.clear()
        if certain:
            self._run_ahead(claim, [(failing, fails), (passing, passes)])
        text, first = self._first(failing, claim, fails)
        if certain and not fails(first):
            # Once refuted is enough; the count says how often it was tried.
            return Confirmed(False, Confirmation((0, 1), (0, 0)), Replay(text, True))
        imports = claim.imports if claim.brittle else ()
        other, control = self._once(passing, self._variant, claim.name, condition=claim.condition, imports=imports)
        times = self.times if certain else noisy_times(claim.rate, self.times)
        if certain:
            again = self._together([(text, fails)] * (times - 1) + [(other, passes)] * (times - 1))
            ordered = [first]
        else:
            # Chance must not be helped: each run counts as it is.
            ordered = [first, *self.run([text] * (times - 1))]
            again = [fails(result) for result in ordered[1:]]
            again += [passes(result) for result in self.run([other] * (times - 1))]
        failed = fails(first) + sum(again[: times - 1])
        passed = passes(control) + sum(again[times - 1 :])
        confidence = rates.confidence(failed, times, times - passed, times)
        holds = passed == times and (failed == times if certain else confidence >= 0.99)
        confirmation = Confirmation((failed, times), (passed, times))
        if claim.brittle:
            confirmation = Confirmation((times - passed, times), (times - failed, times))
        as_worker = self._variants()[self._variant].as_worker
        shown = judge.shown(ordered, claim.victim, claim.signature)
        return Confirmed(holds, confirmation, Replay(text, True), confidence, as_worker, shown)


def prepared(command: PlainCommand, commander: Commander) -> str:
    """The text of `command`, once the files that it reads are in the store of `commander`, who worded it."""
    for name, content in command.files:
        commander.store.mkdir(parents=True, exist_ok=True)
        Path(commander.store, name).write_text(content, encoding="utf-8", errors="surrogatepass")
    return command.text


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
