"""The plugin of the process that starts pytest-xdist's workers. It runs no test; the workers record their lanes."""

from __future__ import annotations

import os
import sys
from typing import Any, Generator

import pytest

from . import EVENTS, plugin


class Controller(plugin.Ends):
    """Lets xdist be, turns off what would write into the user's tree or end a trial early, and notes what dies."""

    def __init__(self, control: dict[str, Any]) -> None:
        super().__init__(control["events"])
        self._control = control

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_cmdline_main(self, config: pytest.Config) -> Generator[None, Any, Any]:
        plugin.neutralise(config, kept=("numprocesses", "dist", "tx"))
        config.option.distload = False  # the project's own `-d` would overrule the mode that is asked for
        if hasattr(config.option, "randomly_seed"):
            config.option.randomly_seed = self._control["random_seed"]
        # Workers get a copy of sys.path that xdist made when it was imported: our folder is in that one.
        sys.path.remove(self._control["stage"])
        os.environ[EVENTS] = self.events
        return (yield)

    @pytest.hookimpl(tryfirst=True)
    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        text = str(report.longrepr)
        if text.startswith("Different tests were collected"):
            self.emit(k="collection-error", id="the suite", text=text.split(". ")[0])
        else:
            super().pytest_collectreport(report)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any, error: Any) -> None:
        if error:
            self.emit(k="worker-down", id=str(node.gateway.id), text=str(error).strip()[-1500:])
