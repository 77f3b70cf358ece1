"""Decides which runner runs a trial, how many at once, and what of it to believe.

Speculation keeps order: of candidates that ran at the same time, the first one in *their* order that reproduces is
the answer, never the one that finished first. What a parallel round says and the search would act on is repeated
alone; where the two differ the suite's trials disturb one another, and from then on one runs at a time.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Executor, Future, wait
from contextlib import closing
from dataclasses import dataclass, field, replace
from typing import Literal, Protocol

from bisect_loop.model import Condition, Cost, Trial, TrialResult, Verdict
from bisect_loop.runner import Runner


class OutOfBudget(Exception):
    """The time that the user allowed is used up."""


class Record(Protocol):
    """Keeps each trial as it ends, so that a killed run can go on.

    `record` returns the result as kept, secrets hidden: the search goes on with that, because a continued run
    compares signatures with recorded ones.
    """

    def recorded(self, trial: Trial, runner: str, /) -> TrialResult | None: ...

    def record(self, trial: Trial, result: TrialResult, runner: str | None = None, /) -> TrialResult: ...


class NoRecord:
    """Keeps nothing."""

    def recorded(self, _trial: Trial, _runner: str) -> TrialResult | None:
        return None

    def record(self, _trial: Trial, result: TrialResult, _runner: str | None = None) -> TrialResult:
        return result


def _silent(_note: str) -> None:
    """Say nothing."""


def _never(_result: TrialResult) -> bool:
    """Run all of them."""
    return False


Judge = Callable[[TrialResult], Verdict]


@dataclass(slots=True)
class Dispatch:
    """Runs trials through `fork` while it is trusted, else through `fresh`.

    At most `width` forked trials run at once in `executor`, and at most `fresh_width` fresh ones. `deadline` is on
    time.monotonic's clock; None for no limit. `say` is told what the reader must know (fork given up and why, width
    lowered and why).
    """

    fresh: Runner
    fork: Runner | None
    executor: Executor
    width: int = 1
    fresh_width: int = 1
    record: Record = field(default_factory=NoRecord)
    deadline: float | None = None
    say: Callable[[str], None] = _silent
    trials: Counter[str] = field(default_factory=Counter)
    tests_executed: int = 0
    _attempts: Counter[str] = field(default_factory=Counter)

    def cost(self, seconds: float) -> Cost:
        """What has been spent so far."""
        return Cost(self.trials["fork"], self.trials["fresh"], self.tests_executed, round(seconds, 3))

    def distrust_fork(self, reason: str) -> None:
        """From now on every trial runs in a fresh process."""
        if self.fork is not None:
            self.fork.close()
            self.fork = None
            self.say(f"forked trials are not used from here on: {reason}")

    def disturbed(
        self,
        why: str = "a trial that ran at the same time as others gave another answer alone"
        " (a fixed port or file name in the suite, or a failure by chance?)",
    ) -> bool:
        """From now on one trial runs at a time: side by side they gave another answer than alone, or would.

        Returns whether that is news.
        """
        if self.width == self.fresh_width == 1:
            return False
        self.width = self.fresh_width = 1
        self.say(f"{why}: from here on one runs at a time")
        return True

    def _runner(self, trial: Trial, wanted: Literal["fork", "fresh"] | None) -> Runner:
        if wanted == "fresh" or self.fork is None or trial.collect is not None:
            return self.fresh
        return self.fork

    def _numbered(self, trial: Trial, runner: Runner) -> Trial:
        """Give the trial an attempt of its own: repeats are distinct values."""
        key = runner.name + replace(trial, attempt=0).key()
        attempt = self._attempts[key]
        self._attempts[key] += 1
        return replace(trial, attempt=attempt)

    def _run(self, trial: Trial, runner: Runner) -> TrialResult:
        known = self.record.recorded(trial, runner.name)
        if known is not None:
            return known
        # Recorded where it ran: a result that waits for an earlier one would be lost to kill -9.
        return self.record.record(trial, runner.run(trial))

    def _finished(self, future: Future[TrialResult]) -> TrialResult:
        """The result of a trial. Raises OutOfBudget where that is spent first; the trial dies with the session."""
        if self.deadline is not None and not wait([future], max(0.0, self.deadline - time.monotonic())).done:
            raise OutOfBudget
        return future.result()

    def plain(self, texts: Sequence[str], condition: Condition, run: Callable[[str], TrialResult]) -> list[TrialResult]:
        """Run the commands `texts` through `run`, `fresh_width` at once, recorded and counted like trials.

        Raises OutOfBudget.
        """

        def kept(trial: Trial, text: str) -> TrialResult:
            known = self.record.recorded(trial, "plain")
            return self.record.record(trial, run(text), "plain") if known is None else known

        self._check_budget()
        results: list[TrialResult] = []
        trials = []
        for text in texts:
            trials.append(Trial((text,), condition, attempt=self._attempts[text]))
            self._attempts[text] += 1
        for start in range(0, len(trials), self.fresh_width):
            batch = trials[start : start + self.fresh_width]
            futures = [self.executor.submit(kept, trial, texts[start + index]) for index, trial in enumerate(batch)]
            for future in futures:
                results.append(self._finished(future))
                self.count(results[-1])
        return results

    def count(self, result: TrialResult) -> None:
        """Add one trial to the cost."""
        self.trials[result.runner] += 1
        self.tests_executed += len(result.outcomes) + sum(1 for probe in result.probes if probe is not None)

    def _check_budget(self) -> None:
        if self.deadline is not None and time.monotonic() > self.deadline:
            raise OutOfBudget

    def run(self, trial: Trial, runner: Literal["fork", "fresh"] | None = None) -> TrialResult:
        """Run one trial with nothing else running. Raises OutOfBudget."""
        (result,) = self.run_all([trial], runner, width=1)
        return result

    def stream(
        self,
        trials: Sequence[Trial],
        runner: Literal["fork", "fresh"] | None = None,
        *,
        width: int | None = None,
    ) -> Generator[TrialResult, None, None]:
        """Run trials, up to `width` at once, and yield their results in the order of `trials`.

        Close it to stop: what ran ahead is dropped unseen, so every width gives the same results. Raises
        OutOfBudget.
        """
        chosen = [(trial, self._runner(trial, runner)) for trial in trials]
        most = self.width if all(with_ is self.fork for _, with_ in chosen) else self.fresh_width
        width = most if width is None else min(width, most)
        numbered = [(self._numbered(trial, with_), with_) for trial, with_ in chosen]
        pending: list[Future[TrialResult]] = []
        taken = 0
        try:
            for index in range(len(numbered)):
                self._check_budget()
                while len(pending) < min(len(numbered), index + width):
                    pending.append(self.executor.submit(self._run, *numbered[len(pending)]))
                result = self._finished(pending[index])
                taken = index + 1
                self.count(result)
                yield result
        except GeneratorExit:
            # A trial that ran ahead must not disturb what comes next. (On an interrupt nobody waits for it: its
            # process is killed.)
            for ahead in pending[taken:]:
                if not ahead.cancel():
                    ahead.exception()
            raise

    def run_all(
        self,
        trials: Sequence[Trial],
        runner: Literal["fork", "fresh"] | None = None,
        *,
        width: int | None = None,
        until: Callable[[TrialResult], bool] = _never,
    ) -> list[TrialResult]:
        """The results of `stream` up to the first for which `until` holds, that one included."""
        results: list[TrialResult] = []
        with closing(self.stream(trials, runner, width=width)) as stream:
            for result in stream:
                results.append(result)
                if until(result):
                    break
        return results

    def verdicts(
        self,
        trials: Sequence[Trial],
        judge: Judge,
        want: Literal["first", "all"] = "first",
        *,
        provisional: bool = False,
    ) -> list[Verdict]:
        """Answer a search's question: the verdict of each trial, up to the first that reproduces with "first".

        With `provisional` a trial that reproduced beside others is not repeated alone: the caller repeats what the
        search ends with. Raises OutOfBudget.
        """
        found = Verdict.REPRODUCES

        def answered(result: TrialResult) -> bool:
            return want == "first" and judge(result) is found

        if self.width == 1 or len(trials) == 1:
            return [judge(result) for result in self.run_all(trials, width=1, until=answered)]
        verdicts = [judge(result) for result in self.run_all(trials, until=answered)]
        suspicious = [index for index, verdict in enumerate(verdicts) if verdict is Verdict.UNRESOLVED]
        if found in verdicts and not provisional:
            suspicious.append(verdicts.index(found))
        for index in sorted(suspicious):
            if judge(self.run(trials[index])) is not verdicts[index]:
                self.disturbed()
                return self.verdicts(trials, judge, want)
        return verdicts
