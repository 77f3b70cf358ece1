"""A plugin for a run of plain pytest: it watches, and keeps the run from writing into the user's tree.

Loaded through PYTEST_PLUGINS and PYTHONPATH, so that the command line is the very text that is printed. It takes
its own variables out of the environment at once. Where the command starts workers, it puts them back for those:
the process that starts them runs no test.
"""

from __future__ import annotations

import os
import sys
from typing import Any, Generator

import pytest

from . import EVENTS, plugin, worker

_ALTERED = ("PYTHONPATH", "PYTEST_PLUGINS", "PYTEST_ADDOPTS")


def _restore() -> str:
    """Undo in os.environ and sys.path what brought this module here; return where to write events."""
    events = os.environ.pop(EVENTS)
    for name in _ALTERED:
        saved = os.environ.pop("_BISECT_LOOP_" + name, None)
        if saved is not None:
            os.environ[name] = saved
        else:
            os.environ.pop(name, None)
    stage = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    sys.path[:] = [path for path in sys.path if os.path.abspath(path or ".") != stage]
    return events


def _distributes(config: pytest.Config) -> bool:
    """Whether this process only starts workers, which run the tests."""
    return getattr(config.option, "dist", "no") != "no" and bool(getattr(config.option, "tx", None))


if EVENTS in os.environ:
    _names = (EVENTS, *_ALTERED, *("_BISECT_LOOP_" + name for name in _ALTERED))
    _brought = {name: os.environ[name] for name in _names if name in os.environ}
    _events = _restore()

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_cmdline_main(config: pytest.Config) -> Generator[None, Any, Any]:
        plugin.write_nothing(config, kept=("basetemp",) if hasattr(config, "workerinput") else ())
        return (yield)

    def pytest_configure(config: pytest.Config) -> None:
        recorder: plugin.Ends
        if _distributes(config):
            os.environ.update(_brought)
            recorder = plugin.Ends(_events)
        elif worker.RUN in os.environ and hasattr(config, "workerinput"):
            recorder = worker.LaneRecorder(_events)
        else:
            recorder = plugin.Recorder(_events)
        config.pluginmanager.register(recorder, "_bisect_loop_recorder")
