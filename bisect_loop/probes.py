"""Answers a search's questions about prefixes out of one pass: a forked child runs the victim after each test.

Binary search over prefixes of n tests runs about half of them log2 n times; a fork probe runs each once, and forks
n times. Which is cheaper hangs on how long the tests take against a fork and the victim.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from math import log2

from bisect_loop.model import Ending, NodeId, Trial, TrialResult, Verdict
from bisect_loop.runner.dispatch import Dispatch
from bisect_loop.search.question import Question

# Seconds that a fork takes, and a part of it for each test collected: page tables are copied. Measured on Linux with
# 1,000 and 5,000 tests; it decides what is asked, never what is believed.
_FORK = 0.002
_FORK_PER_TEST = 3.5e-6


@dataclass(slots=True)
class Probes:
    """One search's probes. `durations` are what tests took, in seconds, as far as that is known."""

    dispatch: Dispatch
    durations: Mapping[NodeId, float]
    _seen: dict[tuple[tuple[NodeId, ...], tuple[NodeId, ...]], list[Verdict]] = field(default_factory=dict)

    def cheaper(self, line: tuple[NodeId, ...], probed: tuple[NodeId, ...]) -> bool:
        """Whether one pass with a probe after each test costs less than a binary search over the prefixes."""
        if len(line) < 8 or any(nodeid not in self.durations for nodeid in line):
            return False
        taken = sum(self.durations[nodeid] for nodeid in line)
        victim = sum(self.durations.get(nodeid, 0.0) for nodeid in probed)
        fork = _FORK + _FORK_PER_TEST * len(self.durations) + victim
        return taken + len(line) * fork < log2(len(line)) * (taken / 2 + fork)

    def answer(
        self, question: Question[NodeId], trial: Trial, judged: Callable[[TrialResult], Verdict]
    ) -> list[Verdict] | None:
        """The answer to a question about one prefix, None where it is to be run by itself.

        `trial` is that prefix's own: what follows `question.line` in it is what the probe runs.
        """
        (candidate,) = question.candidates
        length = len(candidate) - len(question.then)
        order = trial.order or ()
        probed = order[length:]
        key = (question.line, probed)
        if key not in self._seen:
            if self.dispatch.fork is None or trial.collect is not None or not self.cheaper(question.line, probed):
                return None
            result = self.dispatch.run(replace(trial, order=question.line, probe=probed))
            self._seen[key] = [
                Verdict.UNRESOLVED
                if outcome is None
                else judged(TrialResult((outcome,), Ending.FINISHED, result.runner))
                for outcome in result.probes
            ]
        verdict = self._seen[key][length]
        # What a probe could not tell (a test in the line crashed) a run of its own may.
        return None if verdict is Verdict.UNRESOLVED else [verdict]
