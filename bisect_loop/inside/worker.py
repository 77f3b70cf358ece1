"""What a worker of pytest-xdist is: its recorder, and its identity for a process of ours that replays its lane."""

from __future__ import annotations

import json
import os
import sys
from typing import Any, Generator

import pytest

from . import plugin

ID, COUNT, RUN = "PYTEST_XDIST_WORKER", "PYTEST_XDIST_WORKER_COUNT", "PYTEST_XDIST_TESTRUNUID"

_OF_EACH = ("workerid", "workercount", "testrunuid", "mainargv")


class LaneRecorder(plugin.Recorder):
    """Records the lane of the worker that this process is, in a file of its own beside the controller's."""

    def __init__(self, events: str) -> None:
        super().__init__("%s.%s" % (events, os.environ[ID]))
        self._names: dict[str, str] = {}

    def name(self, nodeid: str) -> str:
        """The id without the group that `--dist loadgroup` writes behind it."""
        return self._names.get(nodeid, nodeid)

    @pytest.hookimpl(tryfirst=True)
    def pytest_configure(self, config: pytest.Config) -> None:
        super().pytest_configure(config)
        given = getattr(config, "workerinput", {})
        self.emit(
            k="worker",
            id=os.environ[ID],
            count=int(os.environ.get(COUNT, "1")),
            run=os.environ.get(RUN, ""),
            given={name: value for name, value in given.items() if name not in _OF_EACH and _plain(value)},
        )

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> Generator[None, Any, Any]:
        before = [(item, item.nodeid) for item in items]
        result = yield
        self._names = {item.nodeid: nodeid for item, nodeid in before if item.nodeid != nodeid}
        return result

    @pytest.hookimpl(trylast=True)
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        self.emit(k="collected", n=len(session.items))


def _plain(value: Any) -> bool:
    try:
        json.dumps(value)
    except (TypeError, ValueError):
        return False
    return True


class Identity:
    """Gives this process the identity of a worker; the runner has set the variables before it started.

    `worker` says id, count and run, `basetemp` where temporary directories go, and in `given` what the controller
    gave that worker, None where that is not known. Plugins that see a worker when they are configured look for
    what their controller gave it (pytest-cov, pytest-randomly), so without it they are not shown one; tests and
    fixtures are.
    """

    def __init__(self, worker: dict[str, Any]) -> None:
        self._worker = worker

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_cmdline_main(self, config: pytest.Config) -> Generator[None, Any, Any]:
        config.option.basetemp = self._worker["basetemp"]
        if self._worker["given"] is not None:
            self._give(config, self._worker["given"])
        return (yield)

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        if self._worker["given"] is None:
            self._give(session.config, {})

    def _give(self, config: Any, more: dict[str, Any]) -> None:
        worker = self._worker
        own = {"workerid": worker["id"], "workercount": worker["count"], "testrunuid": worker["run"]}
        config.workerinput = {**own, "mainargv": list(sys.argv), **more}
        config.workeroutput = {}


class Gate:
    """Holds a process that has collected until all that are to run side by side have: a named pipe is opened."""

    def __init__(self, path: str) -> None:
        self._path = path

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_runtestloop(self) -> Generator[None, Any, Any]:
        os.close(os.open(self._path, os.O_RDONLY))
        return (yield)
