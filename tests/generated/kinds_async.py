"""Kinds in which a singleton holds something of an event loop that is closed by the time of the next test."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from .draft import Draft
from .innocents import SAFE_WITHOUT_LOOP
from .kinds_endings import FEW_ORDERS, SHORT_SILENCE
from .model import HANG, Behaviour, Error, adding, having, lacking, removing
from .text import Block, Body, Case, indent, write

LOCK = """
import asyncio

LOCK = asyncio.Lock()


async def _wait_in_line():
    async with LOCK:
        return "ok"


async def use():
    async with LOCK:
        second = asyncio.ensure_future(_wait_in_line())
        await asyncio.sleep(0)
    return await second


def reset():
    global LOCK
    LOCK = asyncio.Lock()
"""

QUEUE = """
import asyncio

JOBS = asyncio.Queue()


async def use():
    consumer = asyncio.ensure_future(JOBS.get())
    await asyncio.sleep(0)
    JOBS.put_nowait("ok")
    return await consumer


def reset():
    global JOBS
    JOBS = asyncio.Queue()
"""

EVENT = """
import asyncio

READY = asyncio.Event()


async def use():
    waiter = asyncio.ensure_future(READY.wait())
    await asyncio.sleep(0)
    READY.set()
    done = await waiter
    READY.clear()
    return "ok" if done else "not ready"


def reset():
    global READY
    READY = asyncio.Event()
"""

FUTURE = """
import asyncio

ANSWER = None


async def use():
    global ANSWER
    if ANSWER is None:
        ANSWER = asyncio.get_running_loop().create_future()
        return "ok"
    return await asyncio.wait_for(ANSWER, timeout=60)


def reset():
    global ANSWER
    ANSWER = None
"""

STREAM = """
import asyncio

CONNECTION = None


async def _echo(reader, writer):
    while line := await reader.readline():
        writer.write(line)
        await writer.drain()


async def connect():
    server = await asyncio.start_server(_echo, "127.0.0.1", 0)
    reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
    return server, reader, writer


async def use():
    global CONNECTION
    if CONNECTION is not None:
        CONNECTION[2].close()
    CONNECTION = await connect()
    _, reader, writer = CONNECTION
    writer.write(b"ok\\n")
    return (await reader.readline()).decode().strip()


def reset():
    global CONNECTION
    CONNECTION = None
"""

RESOURCES: Mapping[str, str] = {"lock": LOCK, "jobs": QUEUE, "ready": EVENT, "answer": FUTURE, "line": STREAM}

SAFE_USE = """

async def safe_use():
    try:
        return await use()
    except Exception:
        return "system_error"
"""


@dataclass(frozen=True)
class Coroutine:
    """An async test's statements, and how it is to be run."""

    lines: tuple[str, ...]
    imports: tuple[str, ...]
    runner: str  # "pytest-asyncio", "unittest" or "asyncio.run"

    def write(self, draft: Draft, behaviour: Behaviour, role: str) -> Block:
        names = draft.names
        name = f"test_{names.phrase()}"
        if self.runner == "unittest":
            owner = f"{names.camel()}Test"
            text = (
                f"class {owner}(unittest.IsolatedAsyncioTestCase):\n"
                f"    async def {name}(self):\n{indent(self.lines, 2)}"
            )
            return Block(text, (Case(f"::{owner}::{name}", behaviour, role),), ("import unittest", *self.imports))
        if self.runner == "asyncio.run":
            inner = f"    async def scenario():\n{indent(self.lines, 2)}\n\n    asyncio.run(scenario())"
            return Block(
                f"def {name}():\n{inner}", (Case(f"::{name}", behaviour, role),), ("import asyncio", *self.imports)
            )
        text = f"@pytest.mark.asyncio\nasync def {name}():\n{indent(self.lines)}"
        return Block(text, (Case(f"::{name}", behaviour, role),), ("import pytest", *self.imports))


def _cross_loop(draft: Draft, runner: str) -> None:
    stem = draft.rng.choice(sorted(RESOURCES))
    swallowed = draft.rng.random() < 0.3
    module = draft.names.module(f"live_{stem}")
    draft.support[module] = RESOURCES[stem] + (SAFE_USE if swallowed else "")
    imports = (f"from {draft.names.package} import {module}",)
    fact = f"{module} is bound to a closed loop"
    # A polluter by asyncio.run would do as well, but takes pytest-asyncio's own loop away in some versions.
    polluter = Coroutine((f"assert await {module}.use() == 'ok'",), imports, runner)
    called = "safe_use" if swallowed else "use"
    victim = Coroutine(
        ("try:", f"    assert await {module}.{called}() == 'ok'", "finally:", f"    {module}.reset()"),
        imports,
        runner,
    )
    error = Error("AssertionError") if swallowed else Error("RuntimeError", family="cross-loop")
    failing = Behaviour(fails=((having(fact), error),), effects=(removing(fact),))
    others = [
        Coroutine(("assert await asyncio.sleep(0, 'done') == 'done'",), ("import asyncio",), runner).write(
            draft, Behaviour(), ""
        )
        for _ in range(draft.rng.randint(1, 3))
    ]
    draft.place(
        polluter.write(draft, Behaviour(effects=(adding(fact),)), "polluter"),
        victim.write(draft, failing, "victim"),
        *others,
        shuffled=True,
    )


def pytest_asyncio(draft: Draft) -> None:
    """Two tests of pytest-asyncio over one singleton, each on a loop of its own."""
    draft.ini["asyncio_mode"] = draft.rng.choice(("auto", "strict"))
    _cross_loop(draft, "pytest-asyncio")


def isolated_asyncio(draft: Draft) -> None:
    """Two IsolatedAsyncioTestCases over one singleton."""
    _cross_loop(draft, "unittest")


def asyncio_run(draft: Draft) -> None:
    """Two sync tests over one singleton, each with an asyncio.run of its own."""
    _cross_loop(draft, "asyncio.run")


def mutual_async(draft: Draft) -> None:
    """Two async tests that bind one singleton to their loop: whichever comes second fails."""
    module = draft.names.module("live_queue")
    draft.support[module] = QUEUE
    fact = f"{module} is bound to a closed loop"
    imports = (f"from {draft.names.package} import {module}",)
    runner = draft.rng.choice(("pytest-asyncio", "unittest"))
    behaviour = Behaviour(fails=((having(fact), Error("RuntimeError", family="cross-loop")),), effects=(adding(fact),))
    # A queue that has an item does not wait, and so does not notice the loop: the next use finds it emptied.
    lines = (
        f"while not {module}.JOBS.empty():",
        f"    {module}.JOBS.get_nowait()",
        f"assert await {module}.use() == 'ok'",
    )
    for _ in range(2):
        draft.place(Coroutine(lines, imports, runner).write(draft, behaviour, "victim polluter"))


def no_current_loop(draft: Draft) -> None:
    """asyncio.run leaves the main thread without the event loop that older code asks for."""
    module = draft.names.module("legacy_loop")
    draft.support[module] = """
    import asyncio

    asyncio.set_event_loop(asyncio.new_event_loop())


    async def answer():
        return 42


    def ask():
        return asyncio.get_event_loop().run_until_complete(answer())
    """
    draft.conftest.append(f"from {draft.names.package} import {module}  # sets the loop that everybody shares")
    draft.innocents = SAFE_WITHOUT_LOOP
    imports = ("import asyncio", f"from {draft.names.package} import {module}")
    fact = "there is no current event loop"
    polluter = write(
        draft.names,
        Body((f"assert asyncio.run({module}.answer()) == 42",), imports),
        Behaviour(effects=(adding(fact),)),
        "polluter",
    )
    victim = write(
        draft.names,
        Body((f"assert {module}.ask() == 42",), imports),
        Behaviour(fails=((having(fact), Error("RuntimeError", family="cross-loop")),)),
        "victim",
    )
    draft.place(polluter, victim, shuffled=True)


def async_lock_left_held(draft: Draft) -> None:
    """An asyncio.Lock left held: no word of loops, only a victim that waits for ever."""
    module = draft.names.module("live_lock")
    draft.support[module] = LOCK
    imports = (f"from {draft.names.package} import {module}",)
    runner = draft.rng.choice(("pytest-asyncio", "unittest"))
    fact = f"{module} is held"
    polluter = Coroutine((f"assert await {module}.LOCK.acquire()",), imports, runner)
    victim = Coroutine((f"async with {module}.LOCK:", f"    assert {module}.LOCK.locked()"), imports, runner)
    draft.options, draft.orders, draft.most_tests = SHORT_SILENCE, FEW_ORDERS, 16
    draft.place(
        polluter.write(draft, Behaviour(effects=(adding(fact),)), "polluter"),
        victim.write(draft, Behaviour(fails=((having(fact), Error(HANG)),)), "victim"),
        shuffled=True,
    )


def async_brittle(draft: Draft) -> None:
    """An async test that relies on another to have started the service."""
    module = draft.names.module("service")
    draft.support[module] = """
    STARTED = []


    async def start():
        STARTED.append("main")


    async def status():
        if not STARTED:
            raise RuntimeError("the service was not started")
        return "up"
    """
    imports = (f"from {draft.names.package} import {module}",)
    fact = f"{module} is started"
    runner = draft.rng.choice(("pytest-asyncio", "unittest", "asyncio.run"))
    setter = Coroutine((f"await {module}.start()", f"assert {module}.STARTED"), imports, runner)
    victim = Coroutine((f"assert await {module}.status() == 'up'",), imports, runner)
    draft.place(
        setter.write(draft, Behaviour(effects=(adding(fact),)), "setter"),
        victim.write(draft, Behaviour(fails=((lacking(fact), Error("RuntimeError")),)), "victim"),
        shuffled=True,
    )
