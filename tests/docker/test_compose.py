"""docker-compose.yml at the top of the project, through whatever Compose this machine has."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from bisect_loop.conditions.services import Launch, start
from bisect_loop.conditions.services.engine import Engine
from bisect_loop.conditions.services.process import free_port
from bisect_loop.model import Service

FILE = Path(__file__).parents[2] / "docker-compose.yml"


def compose() -> list[str] | None:
    """How Compose is called here: the plugin of docker, or the program of its own."""
    if shutil.which("docker") and subprocess.run(["docker", "compose", "version"], capture_output=True).returncode == 0:
        return ["docker", "compose"]
    return ["docker-compose"] if shutil.which("docker-compose") else None


@pytest.fixture
def up(engine: Engine) -> Iterator[tuple[str, int, int]]:
    """The project's services under a name and on ports of this test's own: (name, Redis' port, PostgreSQL's port)."""
    del engine
    command = compose()
    if command is None:
        reason = "neither docker compose nor docker-compose is on PATH"
        if os.environ.get("TESTS_MUST_HAVE_DOCKER"):
            pytest.fail(f"the tests of containers must run here: {reason}")
        pytest.skip(f"no test of docker-compose.yml: {reason}")
    name = f"blt{uuid.uuid4().hex[:10]}"
    redis, postgres = free_port(), free_port()
    env = {**os.environ, "REDIS_PORT": str(redis), "POSTGRES_PORT": str(postgres)}
    words = [*command, "-p", name, "-f", str(FILE)]
    try:
        done = subprocess.run([*words, "up", "-d"], env=env, capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stderr
        yield name, redis, postgres
    finally:
        subprocess.run([*words, "down", "-v"], env=env, capture_output=True, check=True, timeout=300)


def test_the_services_are_healthy_and_local(up: tuple[str, int, int], engine: Engine, tmp_path: Path) -> None:
    """Both become healthy, are published on 127.0.0.1 alone, and are what --service takes by URL."""
    name, redis, postgres = up
    filters = {"label": f"com.docker.compose.project={name}"}
    deadline = time.monotonic() + 180
    while True:
        there = [engine.api.inspect_container(each["Id"]) for each in engine.api.containers(all=True, filters=filters)]
        if len(there) == 2 and all(each["State"]["Health"]["Status"] == "healthy" for each in there):
            break
        assert time.monotonic() < deadline, [each["State"] for each in there]
        time.sleep(0.2)
    places = [place for each in there for bound in each["HostConfig"]["PortBindings"].values() for place in bound]
    assert {place["HostIp"] for place in places} == {"127.0.0.1"}
    for url in (f"redis://127.0.0.1:{redis}/0", f"postgresql://postgres:postgres@127.0.0.1:{postgres}/app"):
        server = start(Service(url.partition(":")[0], "url", url=url), Launch(tmp_path, {}))
        assert server.service.version[0].isdigit()
