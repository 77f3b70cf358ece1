"""A PostgreSQL of our own: started, its databases made again from their templates, ended."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bisect_loop.conditions.services import Launch, ServiceError, Unavailable, postgres, start
from bisect_loop.conditions.services.postgres import OwnPostgres, local_binary, major_of
from bisect_loop.conditions.services.postgres_asked import Asked, asked
from bisect_loop.conditions.services.postgres_data import Denied, Login, connect, session
from bisect_loop.conditions.slots import open_slots
from bisect_loop.model import Service
from bisect_loop.runner.workspace import Workspace
from tests.conditions.test_services_redis import is_gone

KIND = "embedded" if postgres.embedded_binary() else "local"
EMPTY_PATH = {"PATH": "/nonexistent"}


@pytest.fixture(scope="module")
def launch() -> Iterator[Launch]:
    url = "postgresql+asyncpg://me:s3cret@localhost:5432/app"
    with Workspace() as workspace:
        folder, quick = workspace.directory(), workspace.quick_directory()
        yield Launch(folder, dict(os.environ), variables={"DATABASE_URL": url}, quick=quick)


@pytest.fixture(scope="module")
def server(launch: Launch) -> Iterator[OwnPostgres]:
    """One server for all tests here: each leaves it as it was, by a reset."""
    started = start(Service("postgres", KIND, env=(("POSTGRES_USER", "boss"),)), launch)
    assert isinstance(started, OwnPostgres)
    yield started
    started.stop()
    assert started.pgid is not None
    assert is_gone(started.pgid)


def rows(login: Login, statement: str) -> list[list[object]]:
    with session(login) as db:
        return list(db.run(statement) or [])


def test_it_is_what_the_variables_say(server: OwnPostgres) -> None:
    """User, password and database are those of CI's variables; it listens on 127.0.0.1 and writes nothing through."""
    assert (server.service.kind, server.service.url, server.service.env) == (KIND, server.login.url, ())
    assert rows(server.login, "SELECT current_user, current_database()") == [["boss", "app"]]
    assert rows(replace(server.login, user="me"), "SELECT current_user") == [["me"]]
    assert rows(server.login, "SHOW listen_addresses") == [["127.0.0.1"]]
    assert rows(server.login, "SHOW fsync") == [["off"]]
    assert server.env()["DATABASE_URL"] == server.service.url
    with pytest.raises(Denied, match="refused the password of boss: correct it"):
        connect(replace(server.login, password="wrong"))
    given = start(Service("postgres", "url", url=server.login.url), Launch(Path(), {}))
    assert (given.service.version, given.alive()) == (server.service.version, True)
    wrong = server.login.url.replace(server.login.password, "wrong-one")
    with pytest.raises(ServiceError, match="refused the password") as caught:
        start(Service("postgres", "url", url=wrong), Launch(Path(), {}))
    assert "wrong-one" not in str(caught.value)


def test_reset_brings_back_what_was_kept(server: OwnPostgres) -> None:
    """Tables, rows, databases and roles of a trial are gone, what was there before is back, within 300 ms."""

    def litter() -> float:
        with session(server.login) as db:
            db.run("CREATE TABLE t (id serial PRIMARY KEY, x text)")
            db.run("INSERT INTO t (x) SELECT 'x' FROM generate_series(1, 10000)")
            db.run("CREATE ROLE left_behind")
            db.run("CREATE DATABASE left_behind")
        # A child that was killed, or a pool that was forgotten, is still connected.
        forgotten = connect(server.login)
        forgotten.run("BEGIN")
        forgotten.run("LOCK TABLE t")
        began = time.perf_counter()
        server.reset()
        taken = time.perf_counter() - began
        with contextlib.suppress(Exception):
            forgotten.close()
        return taken

    assert min(litter() for _ in range(3)) < 0.3
    assert rows(server.login, "SELECT count(*) FROM pg_tables WHERE tablename = 't'") == [[0]]
    assert rows(server.login, "SELECT count(*) FROM pg_roles WHERE rolname = 'left_behind'") == [[0]]
    assert rows(server.login, "SELECT count(*) FROM pg_database WHERE datname = 'left_behind'") == [[0]]
    with session(server.login) as db:
        db.run("CREATE TABLE kept (id serial)")
        db.run("INSERT INTO kept DEFAULT VALUES")
    server.keep()
    rows(server.login, "INSERT INTO kept DEFAULT VALUES")
    server.reset()
    assert rows(server.login, "SELECT id FROM kept") == [[1]]
    rows(server.login, "DROP TABLE kept")
    server.keep()


def test_a_users_own_is_left_alone_without_leave(server: OwnPostgres) -> None:
    """A server given by URL keeps its rows; with leave its tables are emptied, and stay."""
    server.reset()
    rows(server.login, "CREATE TABLE orders AS SELECT 1 AS id")
    theirs = start(Service("postgres", "url", url=server.login.url), Launch(Path(), {}))
    theirs.reset()
    theirs.stop()
    assert rows(server.login, "SELECT id FROM orders") == [[1]]
    ours = start(Service("postgres", "url", url=server.login.url), Launch(Path(), {}, reset_external=True))
    ours.reset()
    assert rows(server.login, "SELECT id FROM orders") == []
    server.reset()


def test_slots_are_apart_and_prepared(tmp_path: Path) -> None:
    """Each slot has a server of its own in which the migrations were run, and a failing one is a sentence."""
    code = (
        "import os; from urllib.parse import urlsplit as s; import pg8000.native as p; u = s(os.environ['DB']);"
        " p.Connection(u.username, u.hostname, u.path[1:], u.port, u.password).run('CREATE TABLE m AS SELECT 1 AS id')"
    )
    service = Service("postgres", KIND, prepare=f'{sys.executable} -c "{code}"')
    variables = {"DB": "postgresql://ci:ci@postgres:5432/app", "OTHER": "x"}
    with Workspace() as workspace:
        opened = open_slots([service], 2, workspace, os.environ, variables=variables, cwd=tmp_path)
        try:
            urls = [slot.env["postgres"]["DB"] for slot in opened.slots]
            assert len(set(urls)) == 2
            assert all(list(slot.env["postgres"]) == ["DB"] for slot in opened.slots)
            assert opened.named == {"postgres": {"DB": "postgresql://ci@postgres:5432/app"}}
            assert opened.started["postgres"].startswith(f"postgres={KIND},prepare=")
            rows(Login.parse(urls[0]), "INSERT INTO m VALUES (2)")
            opened.slots[0].reset()
            assert [rows(Login.parse(url), "SELECT id FROM m") for url in urls] == [[[1]], [[1]]]
        finally:
            opened.close()
        broken = replace(service, prepare="echo no migrations here >&2; exit 3")
        with pytest.raises(ServiceError, match=r"prepares postgres, ends with 3: no migrations here\."):
            open_slots([broken], 1, workspace, os.environ, cwd=tmp_path)


@pytest.mark.parametrize(
    ("env", "variables", "expected"),
    [
        ({}, {}, Asked("postgres", "", ("postgres",))),
        ({"POSTGRES_PASSWORD": "pw", "POSTGRES_DB": "a"}, {}, Asked("postgres", "pw", ("a",))),
        (
            {"POSTGRES_USER": "u", "POSTGRES_DB": "a"},
            {"X": "postgresql://v:w@db:5432/b"},
            Asked("u", "w", ("b", "a"), ("v",)),
        ),
        ({}, {"PGUSER": "u", "PGPASSWORD": "w", "PGDATABASE": "d"}, Asked("u", "w", ("d",))),
        ({}, {"X": "postgresql://v:w@elsewhere:5432/b"}, Asked("postgres", "", ("postgres",))),
    ],
)
def test_what_is_asked_for(env: dict[str, str], variables: dict[str, str], expected: Asked) -> None:
    """The container's own variables count first, then what points at it, then libpq's."""
    assert asked(Service("db", env=tuple(env.items())), variables) == expected


def test_what_cannot_be_had_is_one_sentence(tmp_path: Path, monkeypatch) -> None:
    """No program, no wheel, nobody at the URL, no such URL: a sentence each, with what to do."""
    monkeypatch.setattr(postgres, "embedded_binary", lambda *_: None)
    monkeypatch.setattr(postgres, "local_binary", lambda *_: None)
    for kind, sentence in (
        ("local", "no postgres on PATH"),
        ("embedded", r"pip install .* on PATH, or name a running"),
    ):
        with pytest.raises(Unavailable, match=sentence):
            start(Service("postgres", kind), Launch(tmp_path, EMPTY_PATH))
    for url, sentence in (
        ("postgresql://u:hunter2@127.0.0.1:1/db", r"No PostgreSQL can be used at postgresql://u:\*\*\*@.*refused"),
        ("postgresql://h:x/db", "its host or port cannot be read"),
    ):
        with pytest.raises(ServiceError, match=sentence) as caught:
            start(Service("postgres", "url", url=url), Launch(tmp_path, {}))
        assert "hunter2" not in str(caught.value)
    assert [major_of(image) for image in ("postgres:16-alpine", "postgis/postgis:15-3.4", "postgres", None)] == [
        *(16, 15, None, None)
    ]


def test_a_local_server(tmp_path: Path) -> None:
    """Where PostgreSQL is installed, "local" starts it, as another user where we are root."""
    if local_binary(os.environ.get("PATH", "")) is None or KIND == "local":
        return  # the other tests have done that, or there is none to start
    server = start(Service("postgres", "local"), Launch(tmp_path, dict(os.environ)))
    assert server.service.kind == "local"
    server.stop()
    assert server.pgid is not None
    assert is_gone(server.pgid)
