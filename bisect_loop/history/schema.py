"""The tables of the store, and how an older store becomes a newer one.

`PRAGMA user_version` holds how many of MIGRATIONS were applied. A step, once released, never changes: what is to
be different is a further step. Ids, messages and results are in BLOB columns as `codec.pack` makes them, because
SQLite's TEXT cannot hold the lone surrogates that node ids may.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

Migration = Sequence[str]

MIGRATIONS: tuple[Migration, ...] = (
    (
        """CREATE TABLE runs (
            id INTEGER PRIMARY KEY,
            key TEXT NOT NULL,              -- equal for commands that ask the same
            fingerprint TEXT NOT NULL,      -- of the suite's files
            argv BLOB NOT NULL,
            started REAL NOT NULL,          -- seconds since the epoch, here and below
            active REAL NOT NULL,           -- last time that something was recorded
            reason TEXT,                    -- how it ended; NULL while it goes on, and for ever after a kill -9
            report BLOB,
            -- what the trials took whose rows are pruned
            trials_fork INTEGER NOT NULL DEFAULT 0,
            trials_fresh INTEGER NOT NULL DEFAULT 0,
            tests INTEGER NOT NULL DEFAULT 0,
            seconds REAL NOT NULL DEFAULT 0
        )""",
        "CREATE INDEX runs_by_key ON runs (key, fingerprint)",
        """CREATE TABLE trials (
            id INTEGER PRIMARY KEY,
            run INTEGER NOT NULL REFERENCES runs (id),
            trial TEXT NOT NULL,            -- Trial.key()
            runner TEXT NOT NULL,
            ending TEXT NOT NULL,
            tests INTEGER NOT NULL,
            seconds REAL NOT NULL,
            ended REAL NOT NULL,
            result BLOB NOT NULL
        )""",
        "CREATE INDEX trials_by_key ON trials (run, trial, runner)",
        """CREATE TABLE orders (
            id INTEGER PRIMARY KEY,
            run INTEGER NOT NULL REFERENCES runs (id),
            fingerprint TEXT NOT NULL,
            name TEXT NOT NULL,
            seed INTEGER,
            tests INTEGER NOT NULL,
            failed BLOB NOT NULL,
            ended REAL NOT NULL,
            UNIQUE (run, name)              -- a continued run comes by its orders again
        )""",
        "CREATE INDEX orders_by_fingerprint ON orders (fingerprint)",
        """CREATE TABLE findings (
            id TEXT PRIMARY KEY,
            confirmed INTEGER NOT NULL,
            finding BLOB NOT NULL,
            context BLOB NOT NULL
        )""",
        """CREATE TABLE sightings (
            id INTEGER PRIMARY KEY,
            finding TEXT NOT NULL REFERENCES findings (id),
            run INTEGER,
            seen REAL NOT NULL,
            UNIQUE (finding, run)
        )""",
    ),
)


class NewerSchema(Exception):
    """The store was written by a newer version of the tool."""


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Do what is in the block in one write transaction of `connection` (in autocommit mode), or not at all."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        # SQLite itself rolls back on some errors, such as a full disk.
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def prepare(connection: sqlite3.Connection, migrations: Sequence[Migration] = MIGRATIONS) -> None:
    """Bring the store behind `connection` (in autocommit mode) to the newest schema, all steps or none.

    Raises NewerSchema where the store has steps that are unknown here, and sqlite3.Error where it cannot be read
    or written.
    """
    if _version(connection) == len(migrations):
        return
    with transaction(connection):
        # Again, under the lock: another process may have done it meanwhile.
        version = _version(connection)
        if version > len(migrations):
            raise NewerSchema(f"schema {version}, where {len(migrations)} is the newest known")
        for step in migrations[version:]:
            # Not executescript(), which commits what is open before it starts.
            for statement in step:
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {len(migrations)}")


def _version(connection: sqlite3.Connection) -> int:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    return int(version)
