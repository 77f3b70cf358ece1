"""Tests against a real Docker engine. Where there is none they are skipped, or with TESTS_MUST_HAVE_DOCKER=1 fail."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bisect_loop.conditions.services import Launch, Server, Unavailable, start
from bisect_loop.conditions.services.engine import LABEL, Engine
from bisect_loop.model import Service

REDIS_IMAGE = "redis:7-alpine"
POSTGRES_IMAGE = "postgres:16-alpine"

Starter = Callable[..., Server]


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    """The engine, with the images that the tests use."""
    try:
        found = Engine(os.environ)
        for image in (REDIS_IMAGE, POSTGRES_IMAGE):
            found.image(image, print)
    except Unavailable as reason:
        if os.environ.get("TESTS_MUST_HAVE_DOCKER"):
            pytest.fail(f"the tests of containers must run here: {reason}")
        pytest.skip(f"no test of containers: {reason}")
    yield found
    found.close()


@pytest.fixture
def begin(tmp_path: Path, engine: Engine) -> Iterator[Starter]:
    """Start services in containers that are gone when the test is over."""
    del engine
    with contextlib.ExitStack() as stack:

        def starter(service: Service, **changes) -> Server:
            server = start(service, Launch(tmp_path, **{"environ": dict(os.environ), **changes}))
            stack.callback(server.stop)
            return server

        yield starter


def containers(engine: Engine, label: str | None = None) -> set[str]:
    """The ids of all containers with our label, or with this very one."""
    wanted = LABEL if label is None else f"{LABEL}={label}"
    return {found["Id"] for found in engine.api.containers(all=True, filters={"label": wanted})}
