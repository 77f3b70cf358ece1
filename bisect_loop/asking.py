"""What a plan asks of trials: one order, or a search to its end. How that is run and believed is hidden here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from bisect_loop.model import (
    FAMILY_HANG,
    Condition,
    NodeId,
    Signature,
    Suite,
    Trial,
    TrialResult,
    Verdict,
    Worker,
)
from bisect_loop.probes import Probes
from bisect_loop.runner.dispatch import Dispatch
from bisect_loop.search import judge
from bisect_loop.search.chunks import STAGE as CHUNKS
from bisect_loop.search.narrow import Narrowed, narrow
from bisect_loop.search.question import Question, R, Search


@dataclass(frozen=True, slots=True)
class Failure:
    """A failure that was seen in a whole order, or (with `signature` None) is said to occur in it.

    `before` is what ran before the victim there; `passing` what ran before it in an order in which it passed,
    None where there is none. `elsewhere` has what ran before the victim in each further order that showed the failure.
    `default_seen` says whether the default order was among those that were run.
    """

    victim: NodeId
    signature: Signature | None
    before: tuple[NodeId, ...]
    passing: tuple[NodeId, ...] | None = None
    seen_in: tuple[str, ...] = ()
    default_seen: bool = False
    elsewhere: tuple[tuple[NodeId, ...], ...] = ()


class Progress(Protocol):
    """Hears how far a diagnosis has come."""

    def narrowing(self, victim: NodeId, left: int, of: int, trials: int) -> None: ...

    def confirming(self, victim: NodeId) -> None: ...


@dataclass(frozen=True, slots=True)
class Options:
    """`timeout`: how long, in seconds, a trial may be silent. `roles`: look for cleaners and further polluters."""

    timeout: float = 120.0
    roles: bool = True
    most_sets: int = 10
    most_cleaners: int = 8


@dataclass(slots=True)
class Asking:
    """Asks the trials of one suite; what they show of durations helps with the next.

    With `worker`, trials have the identity of that worker of pytest-xdist.
    """

    dispatch: Dispatch
    suite: Suite
    condition: Condition
    progress: Progress
    options: Options = field(default_factory=Options)
    worker: Worker | None = None
    durations: dict[NodeId, float] = field(default_factory=dict)  # seconds, of tests that passed
    _probing: bool = True
    _probed: bool = False

    def _timeout(self, signature: Signature | None) -> float:
        """How long silence may last. Where a hang is hunted each trial costs that long, so it is kept short."""
        if signature is None or signature.family != FAMILY_HANG:
            return self.options.timeout
        slowest = max(self.durations.values(), default=0.0)
        return min(self.options.timeout, max(3.0, 10 * slowest, 3 * self.suite.startup_seconds))

    def heard(self, result: TrialResult) -> None:
        """Learn how long tests take from a trial that was run elsewhere."""
        self.durations.update((o.nodeid, o.seconds) for o in result.outcomes if not o.failed)

    def trial(
        self,
        order: Sequence[NodeId],
        signature: Signature | None,
        collect: Sequence[str] | None = None,
        condition: Condition | None = None,
    ) -> Trial:
        """The trial of `order`; `signature` is the failure that is looked for."""
        return Trial(
            tuple(order),
            condition or self.condition,
            collect=None if collect is None else tuple(collect),
            timeout=self._timeout(signature),
            worker=self.worker,
        )

    def shows(
        self, failure: Failure, order: Sequence[NodeId], runner: Literal["fork", "fresh"] | None = None
    ) -> Verdict:
        """Run `order` once, with nothing else running, and say whether it shows `failure`. Raises OutOfBudget."""
        result = self.dispatch.run(self.trial(order, failure.signature), runner)
        return (
            Verdict.UNRESOLVED
            if failure.signature is None
            else judge.verdict(result, failure.victim, failure.signature)
        )

    def search(
        self,
        search: Search[str, R],
        trial_of: Callable[[tuple[str, ...]], Trial],
        judged: Callable[[TrialResult], Verdict],
        hear: Callable[[Question[str]], None],
        *,
        provisional: bool = False,
    ) -> R:
        """Run `search` to its end, its candidates as trials. With `provisional` the caller repeats the end alone."""
        probes = Probes(self.dispatch, self.durations)

        def watched(result: TrialResult) -> Verdict:
            self.heard(result)
            return judged(result)

        answer: list[Verdict] | None = None
        while True:
            try:
                question = next(search) if answer is None else search.send(answer)
            except StopIteration as stop:
                result: R = stop.value
                return result
            hear(question)
            trials = [trial_of(candidate) for candidate in question.candidates]
            answer = probes.answer(question, trials[0], watched) if question.line and self._probing else None
            self._probed = self._probed or answer is not None
            unsure = provisional and question.stage == CHUNKS
            answer = answer or self.dispatch.verdicts(trials, watched, question.want, provisional=unsure)

    def hear(
        self, victim: NodeId, of: int, best: Callable[[tuple[NodeId, ...]], None] | None = None
    ) -> Callable[[Question[str]], None]:
        """Tell how far a search has come, and `best` of the smallest set so far that was seen to do it."""
        trials = 0

        def hear(question: Question[str]) -> None:
            nonlocal trials
            left = of if question.best is None else len(question.best)
            self.progress.narrowing(victim, left, of, trials)
            trials += len(question.candidates)
            if best is not None and question.best is not None:
                best(question.best)

        return hear

    def narrow(
        self,
        before: tuple[NodeId, ...],
        victim: NodeId,
        signature: Signature | None,
        judged: Callable[[TrialResult], Verdict],
        known: Sequence[tuple[NodeId, ...]],
        best: Callable[[tuple[NodeId, ...]], None] | None = None,
    ) -> Narrowed[str]:
        """Narrow what ran `before` the victim to what it takes; sets that are `known` from others are tried first.

        `best` hears of the smallest set so far. Raises NotReproducing and OutOfBudget.
        """
        present = set(before)
        suspects = [one for one in known if present.issuperset(one)]

        def trial_of(chosen: tuple[NodeId, ...]) -> Trial:
            return self.trial((*chosen, victim), signature)

        def search() -> Narrowed[str]:
            hear = self.hear(victim, len(before), best)
            return self.search(narrow(before, suspects=suspects, check=True), trial_of, judged, hear, provisional=True)

        def stands() -> bool:
            return judged(self.dispatch.run(trial_of(found.minimal))) is Verdict.REPRODUCES

        def spares() -> bool:
            """Whether one of several is not needed after all."""
            without = [found.minimal[:index] + found.minimal[index + 1 :] for index in range(len(found.minimal))]
            return any(judged(self.dispatch.run(trial_of(one))) is Verdict.REPRODUCES for one in without if one)

        self._probed = False
        found = search()
        # Chunks ran side by side, and such trials can lie. A probe does not tear the fixtures of modules down as a
        # run of its own does. What they led to counts when it stands alone.
        if self._probed and not stands():
            self._probing = False
            found = search()
        if self.dispatch.width > 1 and (not stands() or spares()):
            self.dispatch.disturbed()
            found = search()
        self.progress.narrowing(victim, len(found.minimal), len(before), found.asked)
        return found
