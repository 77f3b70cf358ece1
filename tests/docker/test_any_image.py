"""PostgreSQL, and images of which the tool knows nothing, in containers; then the whole tool against an engine."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from dataclasses import replace
from pathlib import Path

import pytest

from bisect_loop.conditions.services import Launch, ServiceError, start
from bisect_loop.conditions.services.engine import LABEL, Engine
from bisect_loop.conditions.services.postgres import OwnPostgres
from bisect_loop.conditions.services.postgres_data import Login, session
from bisect_loop.model import Health, Place, Service
from tests.cli.conftest import command_line, environ
from tests.docker.conftest import POSTGRES_IMAGE, REDIS_IMAGE, Starter, containers


def test_postgres_from_start_to_end(begin: Starter, engine: Engine) -> None:
    """CI's user and database are there, another database that a URL names is made, a reset takes under 300 ms."""
    env = (("POSTGRES_USER", "ci"), ("POSTGRES_PASSWORD", "s3cret"), ("POSTGRES_DB", "app"))
    variables = {"DATABASE_URL": "postgresql+asyncpg://ci:s3cret@localhost:5432/other"}
    server = begin(Service("postgres", image=POSTGRES_IMAGE, env=env), variables=variables)
    assert isinstance(server, OwnPostgres)
    assert (server.service.kind, server.service.env) == ("docker", ())
    assert server.env()["DATABASE_URL"].startswith("postgresql://ci:s3cret@127.0.0.1:")

    def seconds(login: Login) -> float:
        with session(login) as db:
            db.run("CREATE TABLE t AS SELECT * FROM generate_series(1, 10000)")
        began = time.perf_counter()
        server.reset()
        return time.perf_counter() - began

    logins = [server.login, replace(server.login, database="app"), server.login]
    assert min(seconds(login) for login in logins) < 0.3
    for login in logins[:2]:
        with session(login) as db:
            assert db.run("SELECT count(*) FROM pg_tables WHERE tablename = 't'") == [[0]]
    assert server.container is not None
    server.stop()
    assert server.container.id not in containers(engine)


def test_any_image_by_its_health_check(begin: Starter, engine: Engine, tmp_path: Path) -> None:
    """An image that nobody knows is ready when its check says so, where variables find it; else it is a sentence."""
    said: list[str] = []
    unknown = Service(
        "queue",
        image="localhost/team/queue:1",
        health=Health("redis-cli ping", interval=10.0, retries=3),
        places=(Place("queue", 6379, 6379),),
    )
    engine.api.tag(REDIS_IMAGE, "localhost/team/queue", "1")
    server = begin(unknown, say=said.append)
    assert server.service.kind == "docker"
    port = server.targets[6379].port
    assert server.env() == {"QUEUE_HOST": "127.0.0.1", "QUEUE_PORT": str(port)}
    assert any("queue (localhost/team/queue:1) keeps its data from trial to trial" in line for line in said)
    # Without a check, the image's own port is asked until somebody behind it answers.
    assert list(begin(replace(unknown, health=None, places=())).targets) == [6379]
    with pytest.raises(ServiceError, match="is unhealthy: its health check says 'not today'"):
        start(
            replace(unknown, health=Health("echo not today; exit 1", interval=0.2, retries=2)),
            Launch(tmp_path, dict(os.environ)),
        )
    engine.api.remove_image("localhost/team/queue:1")


SUITE = """
import json
import os
from urllib.parse import urlsplit

import pg8000.native
import pytest
import redis


@pytest.fixture
def db():
    url = urlsplit(os.environ["DATABASE_URL"])
    connection = pg8000.native.Connection(url.username, url.hostname, url.path[1:], url.port, url.password)
    connection.run("CREATE TABLE IF NOT EXISTS orders (id int)")
    yield connection
    connection.close()


def test_nothing_is_ordered(db):
    assert db.run("SELECT count(*) FROM orders") == [[0]]


def test_nothing_is_cached():
    assert redis.Redis.from_url(os.environ["CACHE_URL"]).dbsize() == 0


def test_innocent():
    pass


def test_order(db):
    db.run("INSERT INTO orders VALUES (7)")


def test_cache():
    redis.Redis.from_url(os.environ["CACHE_URL"]).set("user:7", "x")
"""

WORKFLOW = """
on: push
jobs:
  test:
    runs-on: ubuntu-latest
    services:
      postgres:
        image: {postgres}
        env: {{POSTGRES_PASSWORD: postgres, POSTGRES_DB: app}}
        ports: ["5433:5432"]
        options: --health-cmd pg_isready --health-interval 10s --health-retries 5
      cache:
        image: {redis}
        ports: ["6379:6379"]
    env:
      DATABASE_URL: postgresql+asyncpg://postgres:postgres@localhost:5433/app
      CACHE_URL: redis://cache:6379/1
    steps:
      - run: pytest test_shop.py
"""


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A project whose CI has a PostgreSQL and a Redis, and whose tests leave data in both."""
    root = tmp_path / "shop"
    (root / ".github" / "workflows").mkdir(parents=True)
    workflow = WORKFLOW.format(postgres=POSTGRES_IMAGE, redis=REDIS_IMAGE)
    (root / ".github" / "workflows" / "ci.yml").write_text(workflow)
    (root / "test_shop.py").write_text(SUITE)
    (root / "pytest.ini").write_text("[pytest]\n")
    return root


def test_ci_services_end_to_end(shop: Path, engine: Engine) -> None:
    """CI's images, ports and variables as they stand: the leak is found and named, and its command fails by itself."""
    out = shop / "result.json"
    victim = "test_shop.py::test_nothing_is_ordered"
    options = ["--orders", "default,reverse", "--no-roles", "--confirm", "1", "--victim", victim]
    words = command_line("run", "--json", str(out), *options)
    pipe = subprocess.PIPE
    run = subprocess.Popen(words, cwd=shop, env=environ(plugins=False), stdout=pipe, stderr=pipe, text=True)
    shown, trouble = run.communicate()
    assert run.returncode == 1, trouble
    left = engine.api.containers(all=True, filters={"label": LABEL})
    assert not [each["Id"] for each in left if f" {run.pid} " in each["Labels"][LABEL]]
    result = json.loads(out.read_text())
    assert [(each["name"], each["kind"]) for each in result["conditions"]["services"]] == [
        ("postgres", "docker"),
        ("cache", "docker"),
    ]
    (found,) = result["findings"]
    assert (found["victim"], found["polluters"]) == (victim, ["test_shop.py::test_order"])
    assert found["confirmed"]
    assert (found["needs"]["env"], found["needs"]["services"]) == (["DATABASE_URL"], ["postgres"])
    assert found["leaks"] == ["test_shop.py::test_order left 1 row in orders ((7))"]
    assert "leaves" in shown
    command = found["replay"]["command"]
    assert "postgres=docker:postgres:16-alpine" in command
    assert "postgresql+asyncpg://postgres@postgres:5432/app" in command
    again = subprocess.run(command, shell=True, cwd=shop, env=environ(plugins=False), capture_output=True, text=True)
    assert again.returncode == 1, again.stdout + again.stderr


def test_kill_9_during_a_run_leaves_nothing_after_the_next_start(shop: Path, engine: Engine, tmp_path: Path) -> None:
    """A run that is killed in the middle leaves its containers to the next start, which removes them."""
    slow = SUITE + "\n\ndef test_slow():\n    import time\n    open('running', 'w').close()\n    time.sleep(600)\n"
    (shop / "test_shop.py").write_text(slow)
    words = command_line("run", "--orders", "default", "--no-roles")
    process = subprocess.Popen(words, cwd=shop, env=environ(plugins=False), stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 300
    while not (shop / "running").exists():
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.05)
    mine = {
        each["Id"]
        for each in engine.api.containers(all=True, filters={"label": LABEL})
        if f" {process.pid} " in each["Labels"][LABEL]
    }
    assert len(mine) >= 2
    process.send_signal(signal.SIGKILL)
    process.wait()
    start(Service("redis", "docker", image=REDIS_IMAGE), Launch(tmp_path, dict(os.environ))).stop()
    assert not mine & containers(engine)
