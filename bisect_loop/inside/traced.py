"""What a traced trial has besides: evidence about the last test of its order.

The tracer of loops is there only where something has imported asyncio by the end of collection: nobody else has
loops, and a trial adds no module that the user's code does not have.
"""

from __future__ import annotations

import sys
from typing import Any

import pytest

from . import plugin

# What changes is looked at in orders of no more tests than this: a minimal order, not a suite.
_SHORT = 8


class Traced:
    """Starts the parts that gather evidence, and stops them. `trace` names the `victim`."""

    def __init__(self, trace: dict[str, Any], recorder: plugin.Recorder) -> None:
        self._victim: str = trace["victim"]
        self._recorder = recorder
        self._parts: list[Any] = []

    def start(self, config: pytest.Config, tests: int) -> None:
        """Begin, before the first of `tests` tests."""
        # Our own bytecode may be kept (it lies in the tool's folder): the next traced child starts the faster for it.
        writes_none, sys.dont_write_bytecode = sys.dont_write_bytecode, False
        try:
            self._choose(tests)
        finally:
            sys.dont_write_bytecode = writes_none
        for part in self._parts:
            part.install()
            config.pluginmanager.register(part)

    def _choose(self, tests: int) -> None:
        if "asyncio" in sys.modules:
            from .loops.tracer import Tracer

            self._parts.append(Tracer(self._victim, self._recorder.emit, self._recorder.locator))
        if tests <= _SHORT:
            from .state.differ import Differ

            self._parts.append(Differ(self._victim, self._recorder.emit, self._recorder.locator))

    def stop(self, config: pytest.Config) -> None:
        """Undo all that was changed."""
        while self._parts:
            part = self._parts.pop()
            config.pluginmanager.unregister(part)
            part.restore()


class FreshTraced(Traced):
    """The same in a process that runs one order: from the end of collection to the end of the session."""

    @pytest.hookimpl(trylast=True)
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        self.start(session.config, len(session.items))

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        self.stop(session.config)
