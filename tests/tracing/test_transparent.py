"""What code can see of itself is the same under the tracer: warnings, debug output, loaders, loops of its own."""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import importlib.abc
import importlib.machinery
import sys
import threading
import types
import warnings
from collections.abc import Coroutine, Iterator
from pathlib import Path
from typing import Any

import pytest

from bisect_loop.inside.importing import Afterwards
from bisect_loop.inside.loops.holders import Census
from bisect_loop.inside.loops.makers import MAKERS
from bisect_loop.inside.loops.sites import Files, look
from bisect_loop.inside.loops.tracer import Tracer
from bisect_loop.inside.signature import Locator


@pytest.fixture
def tracer() -> Iterator[Tracer]:
    made = Tracer("tests/test_a.py::test_a", lambda **_: None, Locator("/nowhere"))
    yield made
    made.restore()


def test_a_warning_of_a_constructor_points_at_its_caller(tracer: Tracer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Filters name the module that a warning is about: one with `stacklevel=2` is about whoever calls."""

    class Client:
        def __init__(self) -> None:
            warnings.warn("old", DeprecationWarning, stacklevel=2)

    module: Any = types.ModuleType("oldclient")
    module.Client = Client
    monkeypatch.setitem(sys.modules, "oldclient", module)
    monkeypatch.setitem(MAKERS, "oldclient", ("Client",))
    plain = Client.__init__
    tracer.install()
    assert Client.__init__ is not plain
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        Client()
    assert [warning.filename for warning in caught] == [__file__]


def test_debug_mode_says_where_a_task_was_made(tracer: Tracer) -> None:
    """asyncio's debug mode shows the innermost line that asked for a task, in its repr and its slow-callback log."""

    async def nothing() -> None: ...

    async def shown() -> str:
        task = asyncio.get_running_loop().create_task(nothing())
        await task
        return repr(task)

    tracer.install()
    assert f"created at {__file__}" in asyncio.run(shown(), debug=True)


class Foreign(Coroutine[Any, Any, None]):
    """A coroutine that is not CPython's own, and says anything of itself."""

    cr_code = 3

    def send(self, _value: Any) -> Any:
        raise StopIteration

    def throw(self, *_: Any) -> Any:
        raise StopIteration

    def __await__(self) -> Any:
        return self

    def close(self) -> None:
        """Nothing to do."""


def test_a_coroutine_of_another_kind_is_run(tracer: Tracer) -> None:
    tracer.install()

    async def main() -> None:
        await asyncio.get_running_loop().create_task(Foreign())

    asyncio.run(main())


def test_a_loop_closes_whatever_its_tasks_are(tracer: Tracer) -> None:
    """A task may be anything that was registered as one: `get_coro` is only there since CPython's own have it."""
    loop = asyncio.new_event_loop()

    class Job(asyncio.Future[None]):
        pass

    tracer.install()
    job = Job(loop=loop)
    asyncio.tasks._register_task(job)  # type: ignore[arg-type]
    try:
        loop.close()
    finally:
        asyncio.tasks._unregister_task(job)  # type: ignore[arg-type]
    assert loop.is_closed()


def test_what_a_loop_of_its_own_says_when_closed_stays(tracer: Tracer) -> None:
    class Loop(asyncio.SelectorEventLoop):
        def _check_closed(self) -> None:
            if self.is_closed():
                raise RuntimeError("gone")

    tracer.install()
    loop = Loop()
    loop.close()
    with pytest.raises(RuntimeError, match=r"^gone$"):
        loop.call_soon(print)


def test_a_loader_that_several_modules_share_keeps_its_own_method(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stub of a package may have one loader for all of it, with `exec_module` in the object or the class itself."""

    class Stub(importlib.abc.MetaPathFinder):
        def find_spec(self, fullname: str, *_: Any) -> Any:
            return importlib.machinery.ModuleSpec(fullname, loader) if fullname.startswith("stubbed_") else None

    def create_module(_spec: Any) -> None:
        return None

    def exec_module(module: Any) -> None:
        module.value = module.__name__

    loader: Any = types.SimpleNamespace(create_module=create_module, exec_module=exec_module)
    seen: list[str] = []
    afterwards = Afterwards({"stubbed_a": lambda module: seen.append(module.__name__)})
    monkeypatch.setattr(sys, "meta_path", [Stub(), *sys.meta_path])
    afterwards.install()
    try:
        assert importlib.util.find_spec("stubbed_a") is not None  # looked for, and not imported
        names = [importlib.import_module(name).value for name in ("stubbed_b", "stubbed_a")]
    finally:
        afterwards.restore()
        for name in ("stubbed_a", "stubbed_b"):
            sys.modules.pop(name, None)
    # Which module it is asked for cannot be told there: whoever waits for one looks again later.
    assert (names, seen) == (["stubbed_b", "stubbed_a"], [])
    assert loader.exec_module is exec_module


def test_a_writer_takes_what_it_took(tracer: Tracer) -> None:
    """Keywords are passed on, and a test's double that has no loop is not asked for one."""

    class Double(asyncio.StreamWriter):
        def __init__(self) -> None:
            self.written: list[bytes] = []
            self._transport: Any = types.SimpleNamespace(
                write=self.written.append, writelines=self.written.extend, is_closing=lambda: True, close=lambda: None
            )

    tracer.install()
    writer = Double()
    writer.write(data=b"a")
    writer.writelines([b"b"])
    assert writer.written == [b"a", b"b"]


def test_tasks_that_wait_for_one_another_are_looked_at(tracer: Tracer) -> None:
    """The walk to what a task waits for in the end has one, also where the tasks go round in a circle."""
    tracer.install()
    watch = tracer._watch
    assert watch is not None
    tasks: list[asyncio.Task[None]] = []

    async def wait_for(number: int) -> None:
        await tasks[number]

    loop = asyncio.new_event_loop()
    for number in (1, 0):
        tasks.append(loop.create_task(wait_for(number)))
        watch.made.add(tasks[-1], watch.event(1))
    loop.run_until_complete(asyncio.sleep(0))
    assert Census(watch)._waiting_tasks() == []
    for task in tasks:
        task._log_destroy_pending = False  # type: ignore[attr-defined]
    loop.close()


def test_what_goes_wrong_in_the_record_is_not_the_users(tracer: Tracer) -> None:
    """A test that used up its descriptors gets the loop's own error."""

    def full(**_: Any) -> None:
        raise OSError(24, "Too many open files")

    tracer._emit = full
    tracer.install()
    watch = tracer._watch
    assert watch is not None
    watch.test, watch.phase = tracer.victim, "call"
    loop = asyncio.new_event_loop()
    loop.close()
    with pytest.raises(RuntimeError, match=r"^Event loop is closed$"):
        loop.call_soon(print)


def test_the_current_loop_of_another_thread_is_its_own(tracer: Tracer) -> None:
    """`asyncio.run` in a worker takes nothing away from the main thread, and asking there is no touch."""
    tracer.install()
    watch = tracer._watch
    assert watch is not None
    touched: list[str] = []
    watch.touched = lambda _loop, how, *_: touched.append(how)
    watch.test, watch.phase = tracer.victim, "call"

    def ask() -> None:
        asyncio.run(asyncio.sleep(0))
        with contextlib.suppress(RuntimeError):
            asyncio.get_event_loop()

    thread = threading.Thread(target=ask)
    thread.start()
    thread.join()
    assert (watch.unset, touched) == (None, [])


def test_a_thread_may_begin_with_a_constructor() -> None:
    """Nothing in Python called it, so that there is no stack to look down."""
    assert look(Files(Locator("/nowhere")), 10_000, 6) == ((), "")


def test_a_task_that_a_thread_of_its_own_waits_for_is_noted() -> None:
    """It may run on when the test that started it is over, which no task can that the main thread waits for."""
    tracer = Tracer("tests/test_a.py::test_a", lambda **_: None, Locator(str(Path(__file__).parent)))
    noted: list[bool] = []

    async def relay() -> None:
        task = asyncio.current_task()
        noted.append(any(known is task for known, _ in tracer._watch.made.alive()))

    tracer.install()
    try:
        asyncio.run(relay())
        thread = threading.Thread(target=lambda: asyncio.run(relay()))
        thread.start()
        thread.join()
    finally:
        tracer.restore()
    assert noted == [not hasattr(asyncio, "Runner"), True]
