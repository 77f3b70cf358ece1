"""Runs trials: `Runner.run(trial) -> TrialResult`, and nothing else is known of a runner outside this package."""

from __future__ import annotations

from typing import Protocol

from bisect_loop.model import Trial, TrialResult


class Runner(Protocol):
    """Runs one trial at a time per calling thread; several threads may call at once.

    `run` never raises for anything that the user's tests do: a crash, a hang, a collection error is an ending
    of the result. It leaves no process behind.
    """

    name: str

    def run(self, trial: Trial) -> TrialResult:
        """Run `trial` to its end and return what was seen."""
        ...

    def close(self) -> None:
        """End every process that this runner started. Safe to call twice, and from another thread."""
        ...
