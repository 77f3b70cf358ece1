"""Each scenario through the real command line, against the truth in its expected.toml; then the printed command."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.scenarios.compare import compare
from tests.scenarios.scenario import Scenario, scenarios

# The one that runs with the tool's default options; of the others one order that fails is enough.
IN_FULL = "redis_singleton"
# Those of CI's conditions are held to more than this, each in one run: test_conditions.py.
ELSEWHERE = ("coverage_slowdown", "cross_process", "env_gated", "healthy", "rows_and_keys", "xdist_only")


@pytest.fixture
def scenario(tmp_path: Path, request: pytest.FixtureRequest) -> Scenario:
    found: Scenario = request.param.copy(tmp_path)
    return found


def wrong(scenario: Scenario, code: int, result: dict[str, Any]) -> list[str]:
    return [f"{row.victim}: {line}" for row in compare(scenario, code, result) for line in row.wrong]


@pytest.mark.parametrize(
    "scenario",
    [one for one in scenarios() if one.in_plain_run and one.name not in (IN_FULL, *ELSEWHERE)],
    ids=lambda one: one.name,
    indirect=True,
)
def test_what_is_true_of_a_scenario_is_found(scenario: Scenario) -> None:
    """Pair, kind, error and cause are those of the truth, nobody else is accused, and the printed command fails."""
    order = scenario.truth["orders"]["run"]
    options = ("--orders", order, "--confirm", "1", "--no-fixes", "--no-roles", *scenario.options)
    code, result, shown = scenario.run(*options, plugins=False)
    assert wrong(scenario, code, result) == []
    assert all(finding.victim in shown for finding in scenario.findings)
    for finding in [finding for finding in result["findings"] if finding["confirmed"]][:1]:
        command = scenario.shell(finding["replay"]["command"], plugins=False)
        assert command.returncode == 1, command.stdout


@pytest.mark.parametrize("scenario", scenarios(IN_FULL), ids=lambda one: one.name, indirect=True)
def test_default_options_find_it_and_confirm_it_thrice(scenario: Scenario) -> None:
    """Without options on orders and confirmations too; the printed command fails 3 of 3."""
    code, result, shown = scenario.run(*scenario.options)
    assert wrong(scenario, code, result) == []
    (truly,), (finding,) = scenario.findings, result["findings"]
    assert finding["cleaners"] == truly.told["cleaners"]
    assert finding["confirmation"] == {"minimal_failed": [3, 3], "victim_alone_passed": [3, 3], "runner": "fresh"}
    assert finding["cause"]["loop_made_by"] == truly.cause["bound_by"]
    assert finding["cause"]["gates"] == scenario.conditions["env"]
    assert finding["cause"]["confidence"] == "proved"
    assert truly.victim in shown
    for _ in range(3):
        command = scenario.shell(finding["replay"]["command"])
        assert command.returncode == 1, command.stdout


@pytest.mark.parametrize("scenario", scenarios(IN_FULL), ids=lambda one: one.name, indirect=True)
def test_without_its_conditions_it_is_green(scenario: Scenario) -> None:
    """What needs a service or a variable finds nothing without it: nobody is accused."""
    code, result, _ = scenario.run("--orders", "default,reverse")
    assert (code, result["findings"]) == (0, [])
