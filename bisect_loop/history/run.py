"""One run in the store."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from bisect_loop.history.codec import CodecError, pack, unpack
from bisect_loop.history.records import StopReason
from bisect_loop.model import Cost, Ending, NodeId, Outcome, RunReport, Trial, TrialResult
from bisect_loop.redact import redact_report, redact_signature, redact_text, redact_trace

if TYPE_CHECKING:
    from bisect_loop.history.store import History


class Run:
    """A run that is going on: `History.begin_run` makes it.

    `resumed` is how many trials were there already when it was begun (0: a new run), `started` when the run
    first began. Every call commits before it returns. None raises on account of the store. Several threads may
    call at once.
    """

    def __init__(self, history: History, number: int | None, fingerprint: str, *, started: float, resumed: int) -> None:
        self.id = number  # None where the store was in trouble before the run began
        self.fingerprint = fingerprint
        self.started = started
        self.resumed = resumed
        self._history = history

    def recorded(self, trial: Trial, runner: str) -> TrialResult | None:
        """Return what this run recorded for `trial` by the runner called `runner`, None where it did not."""
        row = self._history.ask(
            lambda db: db.execute(
                "SELECT result FROM trials WHERE run = ? AND trial = ? AND runner = ? ORDER BY id LIMIT 1",
                (self.id, trial.key(), runner),
            ).fetchone(),
            None,
        )
        try:
            return unpack(TrialResult, row[0]) if row else None
        except CodecError:
            return None  # then the trial is run again

    def record(self, trial: Trial, result: TrialResult, runner: str | None = None) -> TrialResult:
        """Record what `trial` showed, at once, and return it as recorded: with secrets hidden.

        Go on with what is returned: a continued run compares signatures with recorded ones, and like must meet
        like. `runner` is the name to ask `recorded` with, that of the result unless given. A trial that we
        cancelled showed nothing, and is not recorded.
        """
        result = _redact_result(result, self._history.secrets)
        if result.ending is Ending.CANCELLED:
            return result
        blob = pack(result)  # outside of the lock: it takes most of the time
        now = self._history.clock()

        def insert(db: sqlite3.Connection) -> None:
            db.execute(
                "INSERT INTO trials (run, trial, runner, ending, tests, seconds, ended, result)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    *(self.id, trial.key(), runner or result.runner, result.ending.value),
                    *(len(result.outcomes) + sum(probe is not None for probe in result.probes), result.seconds),
                    *(now, blob),
                ),
            )
            db.execute("UPDATE runs SET active = ? WHERE id = ?", (now, self.id))

        self._history.write(insert, None)
        return result

    def record_order(self, name: str, seed: int | None, tests: int, failed: Sequence[NodeId]) -> None:
        """Note that the whole order `name` of `tests` tests was run to its end. Of one run the last word counts."""
        self._history.write(
            lambda db: db.execute(
                "INSERT INTO orders (run, fingerprint, name, seed, tests, failed, ended) VALUES (?, ?, ?, ?, ?, ?, ?)"
                " ON CONFLICT (run, name) DO UPDATE SET tests = excluded.tests, failed = excluded.failed",
                (self.id, self.fingerprint, name, seed, tests, pack(tuple(failed)), self._history.clock()),
            ),
            None,
        )

    def finish(self, reason: StopReason, report: RunReport | None = None) -> None:
        """Note why the run ended, and keep `report`, redacted, for later rendering.

        "done" and "failed" (a usage error, an internal error: what was recorded may be the fault) end it. After
        "interrupted" and "budget" the same command continues it.
        """
        blob = None if report is None else pack(redact_report(report, self._history.secrets))
        self._history.write(
            lambda db: db.execute(
                "UPDATE runs SET reason = ?, active = ?, report = coalesce(?, report) WHERE id = ?",
                (reason, self._history.clock(), blob, self.id),
            ),
            None,
        )

    def cost(self) -> Cost:
        """Return what the run took, before it was continued as well; `seconds` is summed over parallel trials."""
        return self._history.ask(lambda db: cost_of(db, self.id), Cost())


def cost_of(db: sqlite3.Connection, run: int | None) -> Cost:
    """Return the sums over the trials that are stored for `run`."""
    fork, fresh, tests, seconds = db.execute(
        "SELECT count(*) FILTER (WHERE runner = 'fork'), count(*) FILTER (WHERE runner <> 'fork'),"
        " coalesce(sum(tests), 0), coalesce(sum(seconds), 0.0) FROM trials WHERE run = ?",
        (run,),
    ).fetchone()
    return Cost(fork, fresh, tests, seconds)


def _redact_result(result: TrialResult, secrets: Sequence[str]) -> TrialResult:
    return replace(
        result,
        outcomes=tuple(_redact_outcome(outcome, secrets) for outcome in result.outcomes),
        probes=tuple(probe and _redact_outcome(probe, secrets) for probe in result.probes),
        detail=redact_text(result.detail, secrets),
        notes=tuple(redact_text(note, secrets) for note in result.notes),
        trace=redact_trace(result.trace, secrets),
    )


def _redact_outcome(outcome: Outcome, secrets: Sequence[str]) -> Outcome:
    if not outcome.signatures:
        return outcome
    return replace(outcome, signatures=tuple(redact_signature(signature, secrets) for signature in outcome.signatures))
