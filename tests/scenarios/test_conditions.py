"""What scenarios say of CI's conditions: where they are read from, which are needed, and what is green without them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from bisect_loop.search import rates
from tests.scenarios.compare import compare
from tests.scenarios.scenario import Scenario, scenarios


def copy_of(name: str, folder: Path) -> Scenario:
    (scenario,) = scenarios(name)
    return scenario.copy(folder)


def found_by(scenario: Scenario, *args: str, fixes: bool = False) -> tuple[dict[str, Any], dict[str, Any]]:
    """(the one finding, the whole result) of a run that says what is true; its printed command fails."""
    tried = "--all-fixes" if fixes else "--no-fixes"
    code, result, shown = scenario.run(*args, "--confirm", "1", tried, plugins=False)
    rows = compare(scenario, code, result, fixes=fixes)
    assert [row.wrong for row in rows] == [[] for _ in rows], shown
    (found,) = result["findings"]
    assert scenario.shell(found["replay"]["command"], plugins=False).returncode == 1
    return found, result


def test_a_variable_that_only_the_workflow_sets(tmp_path: Path) -> None:
    """Without being told the tool takes the variable from the workflow and says it is needed; --no-ci finds nothing."""
    scenario = copy_of("env_gated", tmp_path)
    found, result = found_by(scenario, "--orders", "reverse", "--no-roles")
    assert found["needs"]["env"] == scenario.conditions["env"]
    assert result["conditions"]["env"] == scenario.conditions["ci"]
    code, result, _ = scenario.run("--no-ci", "--orders", "default,reverse", plugins=False)
    assert (code, result["findings"]) == (0, [])


def test_a_pair_that_only_a_lane_brings_together(tmp_path: Path) -> None:
    """The workflow's own workers show it, no order of one process does, and the printed command has one process."""
    scenario = copy_of("xdist_only", tmp_path)
    found, result = found_by(scenario)
    assert [tried["name"] for tried in result["orders_tried"] if tried["failed"]] == ["xdist:2:loadfile"]
    assert (found["worker"], found["needs"]["workers"]) == (None, 1)
    assert set(found["cleaners"]) <= set(scenario.findings[0].told["cleaners"])


def test_a_clash_that_only_real_workers_give(tmp_path: Path) -> None:
    """Two tests on one database fail while both run, and in no order of one process: of its own kind, and said so.

    A lock that both take is verified side by side; one that only the victim takes is rejected there.
    """
    scenario = copy_of("cross_process", tmp_path)
    found, result = found_by(scenario, "--orders", "default,xdist:2:loadfile", fixes=True)
    assert [bool(tried["failed"]) for tried in result["orders_tried"]] == [False, True]
    assert found["minimal_order"] == [*scenario.findings[0].polluters, found["victim"]]
    assert sorted(lane["tests"] for lane in found["lanes"]) == sorted([nodeid] for nodeid in found["minimal_order"])
    failed, runs = found["confirmation"]["minimal_failed"]
    assert 0 < failed <= runs
    by_kind = {fix["kind"]: fix for fix in found["fixes"]}
    passed, times = by_kind["lock-between-processes"]["verified"]
    assert passed == times
    assert rates.confidence(failed, runs, 0, times) > 0.9  # one more failure was seen in the copy
    assert not by_kind["lock-for-victim"]["works"]
    assert found["needs"]["workers"] == 2


def test_nothing_is_found_where_nothing_is_wrong(tmp_path: Path) -> None:
    """A sound suite under its CI's variables and Redis: exit 0, nobody is accused, and no trace in the tree."""
    scenario = copy_of("healthy", tmp_path)
    before = {path.name for path in scenario.root.iterdir()}
    code, result, _ = scenario.run("--orders", "default,reverse,shuffle:1", plugins=False)
    assert (code, result["findings"]) == (0, [])
    assert [service["name"] for service in result["conditions"]["services"]] == ["redis"]
    assert {*scenario.conditions["ci"], "REDIS_URL"} <= {*result["conditions"]["env"]}
    assert {path.name for path in scenario.root.iterdir()} - before == {".bisect-loop"}


def test_a_failure_that_needs_coverage(tmp_path: Path) -> None:
    """The workflow measures coverage, and only that slowly the polluted search misses its budget."""
    scenario = copy_of("coverage_slowdown", tmp_path)
    found, _ = found_by(scenario, "--orders", "reverse", "--no-roles")
    assert found["needs"]["coverage"] is True
    assert "--cov" in found["replay"]["command"]
    code, result, _ = scenario.run("--no-coverage", "--orders", "reverse", plugins=False)
    assert (code, result["findings"]) == (0, [])


def test_data_that_is_left_in_services(tmp_path: Path) -> None:
    """A row breaks one victim and a key another; what each polluter leaves is named, and which service matters."""
    scenario = copy_of("rows_and_keys", tmp_path)
    code, result, shown = scenario.run(
        "--orders", "reverse", "--confirm", "1", "--no-fixes", "--no-roles", plugins=False
    )
    rows = compare(scenario, code, result)
    assert [row.wrong for row in rows] == [[] for _ in rows], shown
    assert {service["name"] for service in result["conditions"]["services"]} == {*scenario.conditions["services"]}
    told = {finding["victim"]: finding for finding in result["findings"]}
    for truly in scenario.findings:
        finding = told[truly.victim]
        assert finding["leaks"] == [f"{truly.polluters[0]} {truly.told['leaves']}"]
        assert {name: finding["needs"][name] for name in ("env", "services")} == truly.told["needs"]
        assert finding["replay"]["ran"]
