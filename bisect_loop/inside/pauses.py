"""Stops before each test, and once more between its setup and its call, until the tool says to go on.

The tool looks at the data in services meanwhile. A file "N-setup" or "N-call" in the folder says where the process
stands, N counting tests from 0; "N-setup.go" is the tool's answer.
"""

from __future__ import annotations

import os
import time
from typing import Any, Iterator

import pytest

_sleep = time.sleep  # a test may put something else in its place


class Pauses:
    def __init__(self, folder: str) -> None:
        self.folder = folder
        self.number = -1

    def _wait(self, where: str) -> None:
        path = os.path.join(self.folder, "%d-%s" % (self.number, where))
        with open(path, "w"):
            pass
        while not os.path.exists(path + ".go"):
            _sleep(0.002)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self) -> Iterator[Any]:
        self.number += 1
        self._wait("setup")
        return (yield)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_call(self) -> None:
        self._wait("call")
