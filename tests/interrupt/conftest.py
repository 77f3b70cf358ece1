"""A suite of one victim with two polluters, and a driver that stops runs on it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.interrupt.driver import CONFTEST, SUITE, Driver
from tests.wild.harness import Wild


@pytest.fixture
def driver(tmp_path: Path) -> Driver:
    wild = Wild.at(tmp_path)
    wild.write(conftest=CONFTEST, test_a=SUITE)
    return Driver(wild)
