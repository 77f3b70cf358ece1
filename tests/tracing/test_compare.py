"""Tracing changes no outcome of the scenarios that need no service, and a change would be seen."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from bisect_loop.model import Condition, Trial
from bisect_loop.runner.workspace import STAGED_NAME
from tests.scenarios.scenario import Scenario, scenarios
from tests.tracing.compare import compared, opened

ARGS = ("-p", "no:randomly")
QUICK = [one for one in scenarios() if not one.conditions.get("services") and one.name != "per_loop_clean"]


@pytest.mark.parametrize("scenario", QUICK, ids=lambda one: one.name)
def test_tracing_changes_no_outcome(tmp_path: Path, scenario: Scenario) -> None:
    """Default order and reversed, for the last test as the victim: each test fails or passes as without the tracer."""
    with opened(scenario.copy(tmp_path).root, ARGS, sys.executable, fresh=False) as (runner, nodeids):
        for order in (nodeids, nodeids[::-1]):
            found = compared(runner, order, ARGS, order[-1:])
            assert (found.tests, found.changed, found.unstable) == (len(nodeids), {}, frozenset())


LOOKING = """
import asyncio

async def test_who_makes_futures():
    made_by = type(asyncio.get_running_loop()).create_future.__code__.co_filename
    assert made_by.endswith("base_events.py")

async def test_nothing():
    pass
"""


def test_a_change_is_seen(tmp_path: Path) -> None:
    """A test that looks for the tracer's own patch is named: the comparison can fail."""
    (tmp_path / "test_it.py").write_text(LOOKING)
    (tmp_path / "pytest.ini").write_text("[pytest]\nasyncio_mode = auto\n")
    with opened(tmp_path, ARGS, sys.executable, fresh=False) as (runner, order):
        found = compared(runner, order, ARGS, order[-1:])
    assert set(found.changed) == {"test_it.py::test_who_makes_futures"}


COUNTING = """
import asyncio
import sys

async def test_modules():
    with open("modules.txt", "a") as file:
        print(*sorted(sys.modules), file=file)
"""


def test_a_traced_trial_leaves_later_ones_no_module_but_our_own(tmp_path: Path) -> None:
    """The server imports the tracer for all children: what the user's tests see of it is nothing else."""
    (tmp_path / "test_it.py").write_text(COUNTING)
    (tmp_path / "pytest.ini").write_text("[pytest]\nasyncio_mode = auto\n")
    with opened(tmp_path, ARGS, sys.executable, fresh=False) as (runner, order):
        trial = Trial(tuple(order), Condition(args=ARGS))
        for attempt, traced in enumerate((False, True, False)):
            runner.run(replace(trial, traced=traced, attempt=attempt))
    before, _, after = (set(line.split()) for line in (tmp_path / "modules.txt").read_text().splitlines())
    assert before < after
    assert {name.partition(".")[0] for name in after ^ before} == {STAGED_NAME}
