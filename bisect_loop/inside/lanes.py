"""The plugin that records a lane of a trial in which pytest-xdist itself runs the suite.

Its name is on the command line (`-p`), which the workers inherit; in their controller it does nothing.
"""

from __future__ import annotations

import os
import sys
from typing import Any, Generator

import pytest

from . import EVENTS, plugin, worker

if EVENTS in os.environ and worker.ID in os.environ:
    _recorder = worker.LaneRecorder(os.environ.pop(EVENTS))
    _stage = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    sys.path[:] = [path for path in sys.path if os.path.abspath(path or ".") != _stage]

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_cmdline_main(config: pytest.Config) -> Generator[None, Any, Any]:
        plugin.neutralise(config, kept=("randomly_seed", "basetemp"))
        return (yield)

    def pytest_configure(config: pytest.Config) -> None:
        config.pluginmanager.register(_recorder, "_bisect_loop_recorder")
