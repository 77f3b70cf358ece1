"""The store's file, in whatever state it is."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from bisect_loop.history import FOLDER, History, HistoryError
from bisect_loop.history.schema import MIGRATIONS, NewerSchema, prepare
from tests.history.values import CONTEXT, finding, result, trial


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A store with one finding, closed."""
    with History.open(tmp_path) as history:
        history.save_finding(finding(), CONTEXT)
    return tmp_path / FOLDER / "history.db"


def test_git_ignores_the_folder_by_a_file_of_its_own(tmp_path: Path) -> None:
    """The project's .gitignore need not know of the folder, and a changed one in it is left alone."""
    History.open(tmp_path).close()
    ignore = tmp_path / FOLDER / ".gitignore"
    assert ignore.read_text() == "*\n"

    ignore.write_text("*.db\n")
    History.open(tmp_path).close()

    assert ignore.read_text() == "*.db\n"


def test_the_settings_that_keep_it_fast_and_whole(tmp_path: Path) -> None:
    """WAL, synchronous NORMAL, and patience with another process."""
    with History.open(tmp_path) as history:
        settings = {
            name: history.read(f"PRAGMA {name}", ())[0][0] for name in ("journal_mode", "synchronous", "busy_timeout")
        }

    assert settings == {"journal_mode": "wal", "synchronous": 1, "busy_timeout": 5000}


@pytest.mark.parametrize(
    "content", [b"no database at all, but long enough to be one" * 100, b"SQLite format 3\0" + b"\xff" * 5000]
)
def test_a_damaged_file_is_set_aside(file: Path, content: bytes) -> None:
    """What cannot be read is kept under another name and said, and the run goes on with a new store."""
    file.write_bytes(content)

    with History.open(file.parent.parent) as history:
        assert "history.broken-1.db" in history.note
        assert history.findings() == ()
        history.save_finding(finding(), CONTEXT)
        assert history.trouble == ""
    assert (file.parent / "history.broken-1.db").read_bytes() == content

    file.write_bytes(content)
    with History.open(file.parent.parent) as history:
        assert "history.broken-2.db" in history.note


def test_a_file_of_something_else_is_set_aside(file: Path) -> None:
    """A database that says our version and has not our tables is no store."""
    file.unlink()
    with sqlite3.connect(file) as db:
        db.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
    db.close()

    with History.open(file.parent.parent) as history:
        assert "no such table" in history.note


def test_damage_inside_a_table_stops_the_storing_and_nothing_else(file: Path) -> None:
    """Where writing fails half way, the run goes on without a store, and one sentence says so."""
    with History.open(file.parent.parent) as history:
        run = history.begin_run("key", "print", [])
        history.write(lambda db: db.execute("DROP TABLE trials"), None)

        assert run.record(trial("a"), result("a")) == result("a")
        assert run.recorded(trial("a"), "fork") is None
        run.finish("done")

        assert "not stored" in history.trouble
        assert history.begin_run("key", "print", []).id is None


def test_a_store_of_a_newer_version_is_left_alone(file: Path) -> None:
    """It is refused with the mend, and not changed."""
    with sqlite3.connect(file) as db:
        db.execute("PRAGMA user_version = 99")
    db.close()

    with pytest.raises(HistoryError, match=r"newer bisect-loop .*update bisect-loop"):
        History.open(file.parent.parent)

    with sqlite3.connect(file) as db:
        assert db.execute("SELECT count(*) FROM findings").fetchone() == (1,)
    db.close()


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    """Where the folder cannot be made, one sentence says why."""
    (tmp_path / FOLDER).write_text("in the way")

    with pytest.raises(HistoryError, match="cannot be written"):
        History.open(tmp_path)


def test_a_folder_without_permission(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No write permission is the same sentence, with the reason."""

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "mkdir", refuse)

    with pytest.raises(HistoryError, match="Permission denied"):
        History.open(tmp_path)


def test_a_read_only_file(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A store that can be read and not written serves a reader, and a run goes on without it."""
    real = sqlite3.connect

    def read_only(path: Path, **options: object) -> sqlite3.Connection:
        return real(f"file:{path}?mode=ro", uri=True, **options)  # type: ignore[call-overload]

    monkeypatch.setattr(sqlite3, "connect", read_only)

    with History.open(file.parent.parent) as history:
        assert history.finding(finding().id).count == 1
        run = history.begin_run("key", "print", [])

        assert run.record(trial("a"), result("a")) == result("a")
        assert "readonly" in history.trouble


def test_no_store_where_none_is_to_be_made(tmp_path: Path) -> None:
    """A replay in a project without history says so and leaves nothing behind."""
    with pytest.raises(HistoryError, match="no history"):
        History.open(tmp_path, create=False)

    assert list(tmp_path.iterdir()) == []


def test_in_memory_it_does_all_the_same() -> None:
    """The store that serves where none can be opened."""
    with History.in_memory() as history:
        run = history.begin_run("key", "print", [])
        run.record(trial("a"), result("a"))
        history.save_finding(finding(), CONTEXT, run=run)

        assert run.recorded(trial("a"), "fork") == result("a")
        assert history.finding(finding().id).count == 1


def test_a_closed_store_raises_nothing(tmp_path: Path) -> None:
    """A trial that ends after the store was closed is not stored, and nothing breaks."""
    history = History.open(tmp_path)
    run = history.begin_run("key", "print", [])
    history.close()
    history.close()

    run.record(trial("a"), result("a"))

    assert history.trouble


def test_an_older_schema_is_brought_up_step_by_step() -> None:
    """A store of any earlier version keeps its rows and gets the steps that it lacks."""
    later = (
        *MIGRATIONS,
        ("ALTER TABLE findings ADD COLUMN mood TEXT DEFAULT 'calm'",),
        ("CREATE TABLE extra (id)",),
    )
    for version in range(len(later)):
        db = sqlite3.connect(":memory:", isolation_level=None)
        prepare(db, later[:version])
        prepare(db, later)

        assert db.execute("PRAGMA user_version").fetchone() == (len(later),)
        assert db.execute("SELECT mood FROM findings").fetchall() == []
        with pytest.raises(NewerSchema):
            prepare(db, MIGRATIONS)
        db.close()


def test_a_migration_that_fails_changes_nothing() -> None:
    """All steps or none: the next attempt finds the store as it was."""
    db = sqlite3.connect(":memory:", isolation_level=None)
    prepare(db)

    with pytest.raises(sqlite3.Error):
        prepare(db, (*MIGRATIONS, ("CREATE TABLE extra (id)", "no SQL")))

    assert db.execute("PRAGMA user_version").fetchone() == (len(MIGRATIONS),)
    assert db.execute("SELECT name FROM sqlite_master WHERE name = 'extra'").fetchall() == []
    db.close()


RECORDER = """
import sys
from pathlib import Path
from bisect_loop.history import History
from tests.history.values import result, trial

run = History.open(Path(sys.argv[1])).begin_run("key", "print", [])
for number in range(10_000):
    run.record(trial(f"t{number}"), result(f"t{number}"))
    print(number, flush=True)
"""


def test_kill_9_loses_nothing_that_was_recorded(tmp_path: Path) -> None:
    """Every trial whose recording returned before a SIGKILL is there, at most one more, and the run goes on."""
    with subprocess.Popen(
        [sys.executable, "-c", RECORDER, str(tmp_path)],
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[2],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if int(line) == 40:
                process.send_signal(signal.SIGKILL)
        # Lines that were in the pipe when the signal came have been read too.
        said = int(line) + 1

    with History.open(tmp_path) as history:
        run = history.begin_run("key", "print", [])
        assert history.note == ""
        assert said <= run.resumed <= said + 1
        assert all(run.recorded(trial(f"t{number}"), "fork") for number in range(said))
