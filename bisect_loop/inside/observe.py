"""A plugin for a run of plain pytest: it watches and does nothing else.

Loaded through PYTEST_PLUGINS and PYTHONPATH, so that the command line is the very text that is printed. It takes
its own variables out of the environment at once.
"""

from __future__ import annotations

import os
import sys

import pytest

from . import EVENTS, plugin


def _restore() -> str:
    """Undo in os.environ and sys.path what brought this module here; return where to write events."""
    events = os.environ.pop(EVENTS)
    for name in ("PYTHONPATH", "PYTEST_PLUGINS", "PYTEST_ADDOPTS"):
        saved = os.environ.pop("_BISECT_LOOP_" + name, None)
        if saved is not None:
            os.environ[name] = saved
        else:
            os.environ.pop(name, None)
    stage = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    sys.path[:] = [path for path in sys.path if os.path.abspath(path or ".") != stage]
    return events


if EVENTS in os.environ:
    _recorder = plugin.Recorder(_restore())

    def pytest_configure(config: pytest.Config) -> None:
        config.pluginmanager.register(_recorder, "_bisect_loop_recorder")
