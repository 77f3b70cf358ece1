"""Opens the store's file, whatever state it is in."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from pathlib import Path

from bisect_loop.history.schema import NewerSchema, prepare

FOLDER = ".bisect-loop"
FILE = "history.db"

# Longer than any commit takes, shorter than a reader's patience.
_BUSY_SECONDS = 5.0
_TABLES = ("runs", "trials", "orders", "findings", "sightings")


class HistoryError(Exception):
    """The store cannot do what was asked. The text is one sentence for people, with the mend."""


class _Unreadable(Exception):
    """The file is no store."""


def open_file(root: Path, *, create: bool) -> tuple[sqlite3.Connection, str]:
    """Return a connection to the store below `root`, and a sentence for the reader ("" where all is well).

    A file that is no readable store is set aside under another name, and a new one begun: that is the sentence.
    Raises HistoryError where the folder or the file cannot be made or opened, where the store is of a newer
    version, and with `create` false where there is none.
    """
    path = root / FOLDER / FILE
    if not create and not path.is_file():
        raise HistoryError(f"There is no history in {root / FOLDER} yet: `bisect-loop run` makes it.")
    if create:
        try:
            _make_folder(path.parent)
        except OSError as error:
            raise _cannot_write(path.parent, error.strerror or str(error)) from error
    try:
        return _connect(path), ""
    except _Unreadable as damage:
        try:
            aside = _set_aside(path)
            return _connect(
                path
            ), f"{path} could not be read ({damage}); it is kept as {aside.name}, and a new one begun."
        except (OSError, _Unreadable) as error:
            raise HistoryError(f"{path} cannot be read ({damage}): delete or move it away.") from error


def store_above(directory: Path) -> Path:
    """Return the nearest folder at or above `directory` that has a store, `directory` itself where none has."""
    return next((path for path in (directory, *directory.parents) if (path / FOLDER / FILE).is_file()), directory)


def open_memory() -> sqlite3.Connection:
    """Return a connection to an empty store that is gone when it is closed."""
    connection = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    prepare(connection)
    return connection


def _make_folder(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    # Git ignores the folder by this file alone: the project's own .gitignore is not ours to edit.
    with contextlib.suppress(FileExistsError), (folder / ".gitignore").open("x") as file:
        file.write("*\n")


def _connect(path: Path) -> sqlite3.Connection:
    """Return a connection in autocommit mode, for several threads that take turns."""
    connection = None
    try:
        connection = sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False)
        # Where WAL cannot be had (some network file systems), SQLite keeps its default and says so.
        connection.execute("PRAGMA journal_mode = WAL").fetchone()
        # In WAL mode this loses nothing when the process is killed; only a power cut may take the last commits.
        connection.execute("PRAGMA synchronous = NORMAL")
        prepare(connection)
        for table in _TABLES:
            connection.execute(f"SELECT 1 FROM {table} LIMIT 1").fetchone()
        return connection
    except NewerSchema as error:
        _close(connection)
        raise HistoryError(
            f"{path} was written by a newer bisect-loop ({error}): update bisect-loop, or move the file away."
        ) from error
    except sqlite3.Error as error:
        _close(connection)
        # Damage comes as a plain DatabaseError, a missing table as its subclass OperationalError.
        if type(error) is sqlite3.DatabaseError or "no such table" in str(error):
            raise _Unreadable(str(error)) from error
        raise _cannot_write(path, str(error)) from error


def _close(connection: sqlite3.Connection | None) -> None:
    if connection is not None:
        connection.close()


def _cannot_write(path: Path, why: str) -> HistoryError:
    return HistoryError(f"{path} cannot be written ({why}): make it writable to you, or free the file system.")


def _set_aside(path: Path) -> Path:
    """Rename the store and what SQLite keeps beside it; return the new name."""
    number = 1
    while (aside := path.with_name(f"history.broken-{number}.db")).exists():
        number += 1
    path.rename(aside)
    # A -wal left behind would spoil the new store.
    for ending in ("-wal", "-shm"):
        with contextlib.suppress(FileNotFoundError):
            os.rename(f"{path}{ending}", f"{aside}{ending}")  # noqa: PTH104 - a suffix to the whole name
    return aside
