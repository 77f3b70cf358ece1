"""Redis in containers."""

from __future__ import annotations

import contextlib
import os
import platform
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from bisect_loop.conditions.services import Launch, ServiceError, Unavailable, start
from bisect_loop.conditions.services import engine as engine_module
from bisect_loop.conditions.services.engine import Engine, abandoned, owner
from bisect_loop.conditions.services.redis_docker import ContainerRedis
from bisect_loop.conditions.services.resp import Address, Reply, ask
from bisect_loop.model import Service
from tests.docker.conftest import REDIS_IMAGE, Starter, containers

LOCKED = ("sh", "-c", "exec redis-server --requirepass secret --protected-mode no")
REDIS = Service("redis", "docker", image=REDIS_IMAGE)


def talk(server, *commands: tuple[str, ...]) -> list[Reply]:
    return ask(Address.parse(server.service.url or ""), *commands, timeout=10.0)


def test_a_container_from_start_to_end(begin: Starter, engine: Engine) -> None:
    """It answers on 127.0.0.1 alone, is emptied within 50 ms, comes back as new, and is gone after stop."""
    server = begin(REDIS)
    assert isinstance(server, ContainerRedis)
    assert talk(server, ("PING",)) == ["PONG"]
    assert (server.service.kind, server.service.image) == ("docker", REDIS_IMAGE)
    assert server.service.version[0].isdigit()
    inspected = engine.api.inspect_container(server.container.id)
    bound = inspected["HostConfig"]["PortBindings"]
    assert [(port, place["HostIp"]) for port, places in bound.items() for place in places] == [
        ("6379/tcp", "127.0.0.1")
    ]

    def seconds() -> float:
        talk(
            server, ("EVAL", "for i = 1, 10000 do redis.call('SET', i, i) end", "0"), ("SELECT", "3"), ("SET", "b", "2")
        )
        began = time.perf_counter()
        server.reset()
        return time.perf_counter() - began

    assert min(seconds() for _ in range(6)) < 0.05
    assert talk(server, ("DBSIZE",), ("SELECT", "3"), ("DBSIZE",)) == [0, "OK", 0]
    url = server.service.url
    with contextlib.suppress(ConnectionResetError):
        talk(server, ("SET", "k", "v"), ("CONFIG", "SET", "requirepass", "s3cret"))
    server.reset()
    assert (server.service.url, server.alive(), talk(server, ("DBSIZE",))) == (url, True, [0])
    server.stop()
    server.stop()
    assert not server.alive()
    assert server.container.id not in containers(engine)


def test_containers_are_apart_and_keep_their_password(begin: Starter) -> None:
    """Containers started at the same time share no port and no key; one with a password is talked to with it."""
    secret = Service("redis", "docker", image=REDIS_IMAGE, command=("redis-server", "--requirepass", "a/b"))
    with ThreadPoolExecutor(3) as pool:
        servers = list(pool.map(begin, [REDIS, REDIS, secret]))
    assert len({server.service.url for server in servers}) == 3
    talk(servers[0], ("SET", "k", "v"))
    assert [talk(server, ("GET", "k")) for server in servers] == [["v"], [None], [None]]
    servers[2].reset()
    assert ":a%2Fb@" in servers[2].env()["REDIS_URL"]
    assert servers[2].service.command == ()


def failing(engine: Engine, tmp_path: Path, service: Service, **changes) -> str:
    """Start what cannot be started; return the sentence, no container being left behind."""
    label = owner(os.getpid())
    before = containers(engine, label)
    with pytest.raises(ServiceError) as caught:
        start(service, Launch(tmp_path, **{"environ": dict(os.environ), **changes}))
    assert containers(engine, label) == before
    return str(caught.value)


def test_what_goes_wrong_is_one_sentence(engine: Engine, tmp_path: Path, monkeypatch) -> None:
    """No such image, a server that dies or never answers, a wrong password, ports that are taken: a sentence each."""
    missing = failing(engine, tmp_path, Service("redis", "docker", image="localhost:9/no/such:image"))
    assert missing.startswith("The image localhost:9/no/such:image is not on this machine and cannot be pulled (")
    dying = Service("redis", "docker", image=REDIS_IMAGE, command=("sh", "-c", "echo Out of cheese.; exit 3"))
    assert failing(engine, tmp_path, dying).endswith("ended as soon as it was started (exit 3): Out of cheese.")
    asleep = Service("redis", "docker", image=REDIS_IMAGE, command=("sh", "-c", "echo thinking; exec sleep 600"))
    assert "was not ready within 0.3 s: thinking" in failing(engine, tmp_path, asleep, container_ready_within=0.3)
    locked = replace(REDIS, command=LOCKED, env=(("REDIS_PASSWORD", "wrong"),))
    assert "REDIS_PASSWORD or --requirepass" in failing(engine, tmp_path, locked)
    unknown = Service("redis", "docker", image=REDIS_IMAGE, command=("no-such-program",))
    assert "no-such-program" in failing(engine, tmp_path, unknown)
    started = start(REDIS, Launch(tmp_path, dict(os.environ)))
    try:
        taken = Address.parse(started.service.url or "").port
        monkeypatch.setattr(engine_module, "free_port", lambda: taken)
        monkeypatch.setattr(engine_module, "_PORT_ATTEMPTS", 2)
        assert "No port of 127.0.0.1 stayed free" in failing(engine, tmp_path, REDIS)
    finally:
        started.stop()


def test_whose_a_container_is() -> None:
    """A label of this machine whose process is gone is abandoned; another's, and a living one's, is left alone."""
    ended = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, check=True)
    dead = f"{platform.node()} {int(ended.stdout)} boot 12345"
    alive = owner(os.getpid())
    assert alive is not None
    reused = alive.replace(str(os.getpid()), "1", 1) if os.getpid() != 1 else dead
    assert [abandoned(label) for label in (dead, reused, alive, "elsewhere 1 boot 5", "", "x")] == [
        *(True, True, False, False, False, False)
    ]


KILLED = """
import os, sys, time
from pathlib import Path
from bisect_loop.conditions.services import Launch, start
from bisect_loop.model import Service
server = start(Service("redis", "docker", image={image!r}), Launch(Path({folder!r}), dict(os.environ)))
print(server.container.id, flush=True)
{then}
"""


def test_kill_9_is_made_good_by_the_next_start(begin: Starter, engine: Engine, tmp_path: Path) -> None:
    """The container of a process that was killed is there until the next one is started, and then no more."""
    script = KILLED.format(image=REDIS_IMAGE, folder=str(tmp_path), then="os.kill(os.getpid(), 9)")
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=300)
    assert done.returncode == -signal.SIGKILL, done.stderr
    left = done.stdout.strip()
    # Another test may have started a container, and swept, meanwhile.
    begin(REDIS)
    assert left
    assert left not in containers(engine)


def test_no_engine_means_another_way(tmp_path: Path) -> None:
    """CI's image without an engine: "auto" goes on to what this machine has."""
    with contextlib.suppress(Unavailable):  # a machine that has no Redis at all
        launch = Launch(tmp_path, {**os.environ, "DOCKER_HOST": "unix:///no/such/socket"})
        server = start(Service("redis", image=REDIS_IMAGE), launch)
        assert server.service.kind in ("local", "embedded", "emulated")
        server.stop()
