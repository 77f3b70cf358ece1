"""Each scenario through the real command line, against the truth in its expected.toml; then the printed command."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import command_line, environ

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

SCENARIOS = Path(__file__).parents[2] / "scenarios"
FOLDERS = sorted(path.parent for path in SCENARIOS.glob("*/expected.toml"))


@pytest.fixture(params=FOLDERS, ids=lambda path: path.name)
def scenario(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A copy of the scenario: nothing is written into the project's own tree."""
    copy = tmp_path / request.param.name
    shutil.copytree(request.param, copy, ignore=shutil.ignore_patterns(".bisect-loop", "__pycache__"))
    return copy


def truth(folder: Path) -> dict[str, Any]:
    return tomllib.loads((folder / "expected.toml").read_text(encoding="utf-8"))


def run(folder: Path, *args: str) -> tuple[int, dict[str, Any], str]:
    out = folder.parent / "result.json"
    words = command_line("run", "-C", str(folder), "--json", str(out), *args)
    done = subprocess.run(words, capture_output=True, text=True, env=environ())
    assert "Traceback" not in done.stderr
    assert out.exists(), done.stderr
    return done.returncode, json.loads(out.read_text()), done.stdout


def test_the_right_tests_are_named_and_nobody_else(scenario: Path) -> None:
    """Every finding of the truth is confirmed, with its roles, and there is no other; its command fails 3 of 3."""
    expected = truth(scenario)
    services = [word for name in expected["conditions"].get("services", ()) for word in ("--service", name)]
    code, result, shown = run(scenario, *services)
    wanted = {finding["victim"]: finding for finding in expected.get("finding", ())}
    found = {finding["victim"]: finding for finding in result["findings"]}
    assert set(found) == set(wanted)
    assert code == (1 if wanted else 0)
    for victim, finding in found.items():
        truly = wanted[victim]
        assert finding["confirmed"], finding
        assert finding["kind"] == truly["kind"]
        assert finding["polluters"] == truly["polluters"]
        assert finding["minimal_order"] == truly["minimal_order"]
        assert finding["cleaners"] == truly.get("cleaners", [])
        assert finding["error"]["type"] == truly["error"]["type"]
        assert finding["error"]["phase"] == truly["error"]["phase"]
        assert finding["confirmation"] == {"minimal_failed": [3, 3], "victim_alone_passed": [3, 3], "runner": "fresh"}
        assert victim in shown
        if "cause" in truly:
            cause = finding["cause"]
            assert cause["resource"] == truly["cause"]["resource"]
            assert cause["holder"] == truly["cause"]["holder"]
            assert cause["bound_at"] == truly["cause"]["wire_up"]
            assert cause["bound_by"] == cause["loop_made_by"] == truly["cause"]["bound_by"]
            assert cause["gates"] == expected["conditions"]["env"]
            assert cause["confidence"] == "proved"
        for _ in range(3):
            command = subprocess.run(
                finding["replay"]["command"], shell=True, cwd=scenario, env=environ(), capture_output=True
            )
            assert command.returncode == 1, command.stdout.decode()


def test_without_its_conditions_a_scenario_is_green(scenario: Path) -> None:
    """What needs a service or a variable finds nothing without it: nobody is accused."""
    if not truth(scenario)["conditions"].get("services"):
        pytest.skip("this scenario needs no condition")
    code, result, _ = run(scenario)
    assert (code, result["findings"]) == (0, [])
