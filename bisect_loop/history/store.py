"""The store: runs and their trials, orders, findings and when they were seen.

Trials are append-only. They serve to continue a run, so those of all but the newest runs are folded into sums
after a while, which bounds the file.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeVar

from bisect_loop import redact
from bisect_loop.history.codec import CodecError, pack, unpack
from bisect_loop.history.opening import HistoryError, open_file, open_memory
from bisect_loop.history.records import FindingContext, OrderSeen, StoredFinding
from bisect_loop.history.run import Run, cost_of
from bisect_loop.history.schema import transaction
from bisect_loop.model import Finding, NodeId, RunReport, Signature

T = TypeVar("T")
Clock = Callable[[], float]

RESUME_WITHIN = 24 * 3600.0  # seconds; after that, what is not below the rootdir has changed too likely
KEEP_TRIALS_OF = 20  # runs

_STORED = """SELECT f.id, f.finding, f.context, min(s.seen), max(s.seen), count(*)
    FROM findings f JOIN sightings s ON s.finding = f.id {where} GROUP BY f.id ORDER BY max(s.seen) DESC, f.id"""


class History:
    """The store of one rootdir. All methods may be called from several threads at once.

    `note` is a sentence for the reader about how it was opened, `trouble` one about why nothing more is stored;
    both are "" while all is well. Reading methods raise HistoryError; writing ones never do: they set `trouble`.
    """

    def __init__(
        self, connection: sqlite3.Connection, *, where: str, note: str, secrets: Sequence[str], clock: Clock
    ) -> None:
        self.note = note
        self.trouble = ""
        self.where = where
        self._connection = connection
        self.secrets = tuple(secrets)
        self.clock = clock
        self._lock = threading.RLock()

    @classmethod
    def open(cls, root: Path, *, create: bool = True, secrets: Sequence[str] = (), clock: Clock = time.time) -> History:
        """Open the store of the rootdir `root`; with `create`, make it where there is none.

        `secrets` (see `redact.secrets_in`) are hidden in all that is stored. Raises HistoryError.
        """
        connection, note = open_file(root, create=create)
        return cls(connection, where=str(root), note=note, secrets=secrets, clock=clock)

    @classmethod
    def in_memory(cls, *, secrets: Sequence[str] = (), clock: Clock = time.time) -> History:
        """Return an empty store that nothing survives of, for where none can be opened."""
        return cls(open_memory(), where="memory", note="", secrets=secrets, clock=clock)

    def close(self) -> None:
        """Close the file. Safe to call twice."""
        with self._lock:
            self._connection.close()

    def __enter__(self) -> History:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # -- runs ---------------------------------------------------------------------------------------------------

    def begin_run(self, key: str, fingerprint: str, argv: Sequence[str], *, resume: bool = True) -> Run:
        """Return a run of the question `key` on the suite `fingerprint`.

        It continues the last run with the same key and fingerprint if that did not come to its end: killed
        (never finished), interrupted, or out of budget, and active within RESUME_WITHIN. `key` must hold all that
        a trial's outcome hangs on beside the suite's files and `Trial.key()`: interpreter, pytest's version.
        Two live processes with the same key may share a run: they would run the same trials.
        """
        run = self.write(lambda db: self._begin(db, key, fingerprint, argv, resume), None)
        number, started, trials = run or (None, self.clock(), 0)
        return Run(self, number, fingerprint, started=started, resumed=trials)

    def _begin(
        self, db: sqlite3.Connection, key: str, fingerprint: str, argv: Sequence[str], resume: bool
    ) -> tuple[int, float, int]:
        now = self.clock()
        last = db.execute(
            "SELECT id, started, active, reason FROM runs WHERE key = ? AND fingerprint = ? ORDER BY id DESC LIMIT 1",
            (key, fingerprint),
        ).fetchone()
        if resume and last and last[3] in (None, "interrupted", "budget") and now - last[2] <= RESUME_WITHIN:
            db.execute("UPDATE runs SET active = ?, reason = NULL WHERE id = ?", (now, last[0]))
            (trials,) = db.execute("SELECT count(*) FROM trials WHERE run = ?", (last[0],)).fetchone()
            return last[0], last[1], trials
        words = tuple(redact.redact_text(word, self.secrets) for word in redact.redact_args(argv))
        new = db.execute(
            "INSERT INTO runs (key, fingerprint, argv, started, active) VALUES (?, ?, ?, ?, ?)",
            (key, fingerprint, pack(words), now, now),
        ).lastrowid
        assert new is not None
        self._prune(db)
        return new, now, 0

    def _prune(self, db: sqlite3.Connection) -> None:
        old = db.execute(
            "SELECT DISTINCT run FROM trials WHERE run NOT IN (SELECT id FROM runs ORDER BY id DESC LIMIT ?)",
            (KEEP_TRIALS_OF,),
        ).fetchall()
        for (run,) in old:
            cost = cost_of(db, run)
            db.execute(
                "UPDATE runs SET trials_fork = trials_fork + ?, trials_fresh = trials_fresh + ?,"
                " tests = tests + ?, seconds = seconds + ? WHERE id = ?",
                (cost.trials_fork, cost.trials_fresh, cost.tests_executed, cost.seconds, run),
            )
            db.execute("DELETE FROM trials WHERE run = ?", (run,))

    def last_report(self) -> RunReport | None:
        """Return the report of the newest run that has one, None where no run has. Raises HistoryError."""
        row = self.read("SELECT report FROM runs WHERE report IS NOT NULL ORDER BY active DESC, id DESC LIMIT 1", ())
        return _unpack(RunReport, row[0][0]) if row else None

    # -- findings -----------------------------------------------------------------------------------------------

    def save_finding(
        self, finding: Finding, context: FindingContext, *, run: Run | None = None
    ) -> StoredFinding | None:
        """Store `finding`, redacted, as seen now (once in each `run`); return it as stored, None when in trouble.

        What is stored already under the same id gives way to it, unless only the stored one was confirmed.
        """
        urls = tuple((service.name, service.url or "") for service in context.services)
        secrets = (*self.secrets, *redact.secrets_in((*context.condition.env, *urls)))
        finding = redact.redact_finding(finding, secrets)
        context = _redact_context(context, secrets)

        def save(db: sqlite3.Connection) -> StoredFinding | None:
            db.execute(
                "INSERT INTO findings (id, confirmed, finding, context) VALUES (?, ?, ?, ?)"
                " ON CONFLICT (id) DO UPDATE SET"
                " confirmed = excluded.confirmed, finding = excluded.finding, context = excluded.context"
                " WHERE excluded.confirmed >= findings.confirmed",
                (finding.id, finding.confirmed, pack(finding), pack(context)),
            )
            self._saw(db, finding.id, run)
            rows = db.execute(_STORED.format(where="WHERE f.id = ?"), (finding.id,)).fetchall()
            return _stored(rows[0])

        return self.write(save, None)

    def count_sighting(self, finding_id: str, *, run: Run | None = None) -> None:
        """Note that the stored finding `finding_id` was seen again now; once in each `run`."""
        self.write(lambda db: self._saw(db, finding_id, run), None)

    def _saw(self, db: sqlite3.Connection, finding_id: str, run: Run | None) -> None:
        db.execute(
            "INSERT OR IGNORE INTO sightings (finding, run, seen) VALUES (?, ?, ?)",
            (finding_id, run.id if run else None, self.clock()),
        )

    def findings(self) -> tuple[StoredFinding, ...]:
        """Return every finding, the last seen first. Raises HistoryError."""
        return tuple(_stored(row) for row in self.read(_STORED.format(where=""), ()))

    def finding(self, prefix: str) -> StoredFinding:
        """Return the one finding whose id begins with `prefix`, in any case. Raises HistoryError: none, many."""
        wanted = prefix.strip().lower()
        found = self.findings()
        if not found:
            raise HistoryError(f"No finding is stored in {self.where} yet: `bisect-loop run` looks for some.")
        matches = [stored for stored in found if wanted and stored.id.lower().startswith(wanted)]
        if len(matches) == 1:
            return matches[0]
        if matches:
            raise HistoryError(f"{prefix!r} stands for {len(matches)} findings, name one: {_listed(matches)}.")
        near = get_close_matches(wanted, [stored.id for stored in found], n=3, cutoff=0.4)
        shown = [stored for stored in found if stored.id in near] or list(found)
        raise HistoryError(f"There is no finding {prefix!r}; stored are, among others: {_listed(shown)}.")

    def known(self, victim: NodeId, signature: Signature) -> tuple[StoredFinding, ...]:
        """Return the findings that explain this failure of `victim`, the last seen first. Raises HistoryError.

        For a hunt, which asks before it spends trials on a diagnosis.
        """
        looked_for = redact.redact_signature(signature, self.secrets)
        return tuple(
            stored
            for stored in self.findings()
            if stored.finding.victim == victim and stored.finding.signature.same_as(looked_for)
        )

    # -- coverage -----------------------------------------------------------------------------------------------

    def orders_seen(self, fingerprint: str | None = None) -> tuple[OrderSeen, ...]:
        """Return the orders that ran on the suite `fingerprint`, or on any, the oldest first. Raises HistoryError.

        The order itself is not stored: "default", "reverse" and "shuffle:<seed>" follow from the suite's node ids.
        """
        rows = self.read(
            "SELECT name, seed, tests, failed, fingerprint, ended FROM orders WHERE ?1 IS NULL OR fingerprint = ?1"
            " ORDER BY id",
            (fingerprint,),
        )
        return tuple(
            OrderSeen(name, seed, tests, _unpack(tuple[NodeId, ...], failed), of, ended)
            for name, seed, tests, failed, of, ended in rows
        )

    def seeds_seen(self, fingerprint: str | None = None) -> frozenset[int]:
        """Return the shuffle seeds that ran on the suite `fingerprint`, or on any. Raises HistoryError."""
        return frozenset(order.seed for order in self.orders_seen(fingerprint) if order.seed is not None)

    # -- the connection -----------------------------------------------------------------------------------------

    def read(self, sql: str, parameters: Sequence[object]) -> list[Any]:
        with self._lock:
            try:
                return self._connection.execute(sql, parameters).fetchall()
            except sqlite3.Error as error:
                raise HistoryError(f"The history in {self.where} cannot be read ({error}): move it away.") from error

    def write(self, action: Callable[[sqlite3.Connection], T], otherwise: T) -> T:
        """Return what `action` does in one transaction, or `otherwise` where the store fails or has failed."""

        def in_transaction(db: sqlite3.Connection) -> T:
            with transaction(db):
                return action(db)

        return self.ask(in_transaction, otherwise)

    def ask(self, action: Callable[[sqlite3.Connection], T], otherwise: T) -> T:
        """Return what `action` returns, or `otherwise` where the store fails or has failed."""
        with self._lock:
            if self.trouble:
                return otherwise
            try:
                return action(self._connection)
            except sqlite3.Error as error:
                self.trouble = f"The history in {self.where} failed ({error}): the rest of this run is not stored."
                return otherwise


def _listed(found: Sequence[StoredFinding]) -> str:
    """Name at most five findings, so that a reader knows them apart."""
    shown = [f"{stored.id} ({stored.finding.victim})" for stored in found[:5]]
    return ", ".join(shown) + (f" and {len(found) - 5} more" if len(found) > 5 else "")


def _redact_context(context: FindingContext, secrets: Sequence[str]) -> FindingContext:
    condition = replace(
        context.condition,
        args=tuple(redact.redact_text(arg, secrets) for arg in redact.redact_args(context.condition.args)),
        env=redact.redact_env(context.condition.env),
    )
    services = tuple(redact.redact_service(service) for service in context.services)
    return replace(context, condition=condition, services=services)


def _stored(row: Sequence[Any]) -> StoredFinding:
    finding_id, finding, context, first, last, count = row
    return StoredFinding(finding_id, _unpack(Finding, finding), _unpack(FindingContext, context), first, last, count)


def _unpack(cls: type[T], blob: bytes) -> T:
    try:
        return unpack(cls, blob)
    except CodecError as error:
        raise HistoryError(f"What is stored cannot be read ({error}): move the history away.") from error
