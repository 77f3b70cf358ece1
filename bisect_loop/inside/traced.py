"""What a traced trial has besides: evidence about the last test of its order.

The tracer of loops is there only where something has imported asyncio: nobody else has loops, and a trial adds no
module that the user's code does not have.
"""

from __future__ import annotations

import sys
from typing import Any, Callable

import pytest

from . import plugin
from .importing import Afterwards

# What changes is looked at in orders of no more tests than this: a minimal order, not a suite.
_SHORT = 8


class Traced:
    """Starts the parts that gather evidence, and stops them. `trace` names the `victim`."""

    def __init__(self, trace: dict[str, Any], recorder: plugin.Recorder) -> None:
        self._victim: str = trace["victim"]
        self._recorder = recorder
        self._parts: list[Any] = []
        self._traces_loops = self._compares = False

    def start(self, config: pytest.Config, tests: int) -> None:
        """Begin, before the first of `tests` tests."""
        if "asyncio" in sys.modules:
            self.trace_loops(config)
        if tests <= _SHORT:
            self.compare(config)

    def compare(self, config: pytest.Config) -> None:
        """Look at what changes from now on."""
        if not self._compares:
            self._compares = True
            self._add(config, _differ)

    def trace_loops(self, config: pytest.Config, collector: pytest.Collector | None = None) -> None:
        """Trace event loops from now on, while `collector` is at work."""
        if not self._traces_loops:
            self._traces_loops = True
            tracer = self._add(config, _tracer)
            if collector is not None:
                tracer.pytest_collectstart(collector)

    def _add(self, config: pytest.Config, load: Callable[[], Any]) -> Any:
        part = _loaded(load)(self._victim, self._recorder.emit, self._recorder.locator)
        self._parts.append(part)
        part.install()
        config.pluginmanager.register(part)
        return part

    def stop(self, config: pytest.Config) -> None:
        """Undo all that was changed."""
        while self._parts:
            part = self._parts.pop()
            config.pluginmanager.unregister(part)
            part.restore()


def prepare() -> None:
    """Import what a process that is forked from this one traces with. It adds no module but our own."""
    if "asyncio" in sys.modules:
        _loaded(_tracer)


def _loaded(load: Callable[[], Any]) -> Any:
    # Our own bytecode may be kept (it lies in the tool's folder): the next process starts the faster for it.
    writes_none, sys.dont_write_bytecode = sys.dont_write_bytecode, False
    try:
        return load()
    finally:
        sys.dont_write_bytecode = writes_none


def _tracer() -> Any:
    from .loops.tracer import Tracer

    return Tracer


def _differ() -> Any:
    from .state.differ import Differ

    return Differ


class FreshTraced(Traced):
    """The same in a process that runs one order: from the first import of a test's module on.

    Where asyncio comes later, loops from there on. `trace["imports"]` tells that few modules are collected.
    """

    def __init__(self, trace: dict[str, Any], recorder: plugin.Recorder) -> None:
        super().__init__(trace, recorder)
        self._few: bool = trace["imports"]
        self._imports = Afterwards({})
        self._collector: pytest.Collector | None = None

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection(self, session: pytest.Session) -> None:
        if self._few:
            self.compare(session.config)
        if "asyncio" in sys.modules:
            self.trace_loops(session.config)
            return
        self._imports = Afterwards({"asyncio": lambda _: self.trace_loops(session.config, self._collector)})
        self._imports.install()

    @pytest.hookimpl(tryfirst=True)
    def pytest_collectstart(self, collector: pytest.Collector) -> None:
        self._collector = collector

    @pytest.hookimpl(trylast=True)
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        self._imports.restore()
        self.start(session.config, len(session.items))

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        self._imports.restore()
        self.stop(session.config)
