"""Runners over one small suite, real and declared."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bisect_loop.model import Condition, Trial
from bisect_loop.runner import Runner
from bisect_loop.runner.fork import ForkRunner
from bisect_loop.runner.fresh import FreshRunner
from bisect_loop.runner.target import Slot, Slots, Target, without_outer_pytest
from bisect_loop.runner.workspace import Workspace
from tests.fakes import FakeSuite
from tests.runner import suites

CONDITION = Condition(args=("tests", "-p", "no:randomly"))


@pytest.fixture
def workspace() -> Iterator[Workspace]:
    with Workspace() as made:
        yield made


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return suites.write(tmp_path / "suite")


@pytest.fixture
def target(root: Path) -> Target:
    return Target(sys.executable, root, without_outer_pytest(os.environ))


@pytest.fixture
def slots() -> Slots:
    return Slots([Slot(0), Slot(1)])


@pytest.fixture(params=["fork", "fresh", "fake"])
def runner(request: pytest.FixtureRequest) -> Iterator[Runner]:
    """Each Runner there is, over the same suite."""
    if request.param == "fake":
        names = [line[4:].split("(")[0] for line in suites.SOURCE.splitlines() if line.startswith("def test")]
        yield FakeSuite(tuple(suites.nodeid(name) for name in names), suites.RULES)
        return
    target, workspace, slots = (request.getfixturevalue(name) for name in ("target", "workspace", "slots"))
    made: Runner
    if request.param == "fork":
        made = ForkRunner(target, workspace, slots, CONDITION, 60.0)
        made.start()
    else:
        made = FreshRunner(target, workspace, slots)
    yield made
    made.close()


def trial(*names: str, timeout: float = 60.0) -> Trial:
    return Trial(tuple(suites.nodeid(name) for name in names), CONDITION, timeout=timeout)
