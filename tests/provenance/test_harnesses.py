"""Whoever runs the loops (plugins, unittest, the client of a framework, the test itself): the same cause is told."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from bisect_loop.model import Condition, Trial
from bisect_loop.provenance.explain import explain
from bisect_loop.provenance.record import read
from bisect_loop.provenance.source import Sources
from bisect_loop.provenance.suspects import suspects
from bisect_loop.runner.fork import ForkRunner
from bisect_loop.runner.target import Slot, Slots, Target, without_outer_pytest
from bisect_loop.runner.workspace import Workspace
from tests.tracing.compare import compared, opened

APP = """
import asyncio

LOCK = asyncio.Lock()


async def use():
    waiting = [asyncio.ensure_future(LOCK.acquire()) for _ in range(2)]
    await asyncio.sleep(0)
    waiting[1].cancel()
    got = await asyncio.gather(*waiting, return_exceptions=True)
    LOCK.release()
    return "good" if not isinstance(got[1], RuntimeError) else "bad"
"""


@dataclass(frozen=True)
class Harness:
    """`polluter` and `victim` are node ids below test_it.py, of the module `text`."""

    name: str
    text: str
    args: tuple[str, ...] = ()
    polluter: str = "test_polluter"
    victim: str = "test_victim"


HARNESSES = (
    Harness(
        "asyncio.run",
        """
import asyncio
from app import use

def test_polluter():
    assert asyncio.run(use()) == "good"

def test_victim():
    assert asyncio.run(use()) == "good"
""",
    ),
    Harness(
        "unittest",
        """
import unittest
from app import use

class TestIt(unittest.IsolatedAsyncioTestCase):
    async def test_polluter(self):
        assert await use() == "good"

    async def test_victim(self):
        assert await use() == "good"
""",
        polluter="TestIt::test_polluter",
        victim="TestIt::test_victim",
    ),
    Harness(
        "pytest-asyncio",
        """
from app import use

async def test_polluter():
    assert await use() == "good"

async def test_victim():
    assert await use() == "good"
""",
        ("-o", "asyncio_mode=auto"),
    ),
    Harness(
        "anyio",
        """
import pytest
from app import use

pytestmark = pytest.mark.anyio

@pytest.fixture
def anyio_backend():
    return "asyncio"

async def test_polluter():
    assert await use() == "good"

async def test_victim():
    assert await use() == "good"
""",
        ("-p", "no:asyncio"),
    ),
    Harness(
        "aiohttp's plugin",
        """
from aiohttp import web
from app import use

async def answer(request):
    return web.Response(text=await use())

def served():
    app = web.Application()
    app.router.add_get("/", answer)
    return app

async def test_polluter(aiohttp_client):
    client = await aiohttp_client(served())
    assert await (await client.get("/")).text() == "good"

async def test_victim(aiohttp_client):
    client = await aiohttp_client(served())
    assert await (await client.get("/")).text() == "good"
""",
        ("-p", "no:asyncio", "-p", "no:anyio", "-p", "aiohttp.pytest_plugin"),
        polluter="test_polluter[pyloop]",
        victim="test_victim[pyloop]",
    ),
    Harness(
        "Starlette's TestClient",
        """
from app import use
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

async def answer(request):
    return PlainTextResponse(await use())

APP = Starlette(routes=[Route("/", answer)])

def test_polluter():
    with TestClient(APP) as client:
        assert client.get("/").text == "good"

def test_victim():
    assert TestClient(APP).get("/").text == "good"
""",
    ),
)


@pytest.mark.parametrize("harness", HARNESSES, ids=lambda harness: harness.name)
def test_every_harness_tells_the_same(tmp_path: Path, harness: Harness) -> None:
    """Holder, line and the test whose loop it was; the touch is proved, the suspect first, no outcome changed."""
    (tmp_path / "app.py").write_text(APP)
    (tmp_path / "test_it.py").write_text(harness.text)
    (tmp_path / "pytest.ini").write_text("[pytest]\npythonpath = .\nasyncio_default_fixture_loop_scope = function\n")
    condition = Condition(args=("-p", "no:randomly", *harness.args))
    order = (f"test_it.py::{harness.polluter}", f"test_it.py::{harness.victim}")
    trial = Trial(order, condition, timeout=60)
    with Workspace() as workspace:
        target = Target(sys.executable, tmp_path, without_outer_pytest(os.environ))
        runner = ForkRunner(target, workspace, Slots([Slot(0)]), condition, 60.0)
        runner.start()
        plain, traced = runner.run(trial), runner.run(replace(trial, traced=True))
        runner.close()
    assert [outcome.result for outcome in plain.outcomes] == ["passed", "failed"]
    assert [outcome.signatures for outcome in traced.outcomes] == [outcome.signatures for outcome in plain.outcomes]
    record = read(traced.trace)
    assert suspects(record, order[:-1]) == [order[0]]
    found = explain(record, [order[0]], traced.outcomes[-1].signatures[0], Sources(tmp_path))
    assert found is not None
    cause = found.cause()
    assert (cause.resource, cause.holder, cause.bound_at) == ("asyncio.Lock", "app.LOCK", "app.py:4")
    assert (cause.bound_by, cause.loop_made_by, cause.loop_closed_after) == (order[0],) * 3
    assert cause.confidence == "proved"


GUARDED = """
import asyncio
import os
import posixpath

import pytest

class Blocked(Exception):
    pass

@pytest.fixture(autouse=True)
def no_blocking(monkeypatch):
    for name in ("abspath", "realpath", "lexists", "exists", "isfile", "islink"):
        original = getattr(posixpath, name)

        def guarded(*args, _original=original, **kwargs):
            try:
                asyncio.get_running_loop()
            except RuntimeError:
                return _original(*args, **kwargs)
            raise Blocked(args)

        monkeypatch.setattr(posixpath, name, guarded)
"""


MANY = """
import made
import pytest

@pytest.mark.parametrize("number", range(12))
async def test_it(number):
    assert not made.event().is_set()
"""


def test_a_suite_may_forbid_blocking_calls_in_its_loops(tmp_path: Path) -> None:
    """Where a guard such as blockbuster's raises on a look at the file system, the tracer takes none.

    Of orders as long as this nothing else is compared, so that nobody has looked at the files before.
    """
    suite, library = tmp_path / "suite", tmp_path / "library"
    for folder, name, text in (
        (suite, "conftest.py", GUARDED),
        (suite, "test_it.py", MANY),
        (suite, "pytest.ini", "[pytest]\npythonpath = . ../library\nasyncio_mode = auto\n"),
        (library, "made.py", "import asyncio\n\ndef event():\n    return asyncio.Event()\n"),
    ):
        folder.mkdir(exist_ok=True)
        (folder / name).write_text(text)
    condition = Condition(args=("-p", "no:randomly"))
    with opened(suite, condition.args, sys.executable, fresh=False) as (runner, order):
        found = compared(runner, order, condition.args, order)
    assert (found.tests, found.failed, found.changed, found.unstable) == (12, 0, {}, frozenset())
