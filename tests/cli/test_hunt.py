"""`bisect-loop hunt`, `report` and `with`."""

from __future__ import annotations

import json
import socket
from pathlib import Path

from tests.cli.conftest import POLLUTER, VICTIM, Cli


def test_each_finding_is_reported_once(cli: Cli, suite: Path) -> None:
    """The first night reports the pair, the second only counts it, and goes on with orders that are new."""
    first = cli("hunt", "tests", "--most-orders", "3", "--confirm", "1", cwd=suite)
    assert first.code == 1
    assert [found["polluters"] for found in first.result["findings"]] == [[POLLUTER]]
    second = cli("hunt", "tests", "--most-orders", "4", cwd=suite)
    assert (second.code, second.result["findings"]) == (0, [])
    ran = [order["name"] for night in (first, second) for order in night.result["orders_tried"]]
    assert len(ran) == len(set(ran)) == 7
    if any(VICTIM in order["failed"] for order in second.result["orders_tried"]):
        assert "met again" in second.out


def test_a_budget_ends_a_hunt_in_good_order(cli: Cli, suite: Path) -> None:
    """A hunt without new findings ends with its budget, exit 0."""
    (suite / "tests" / "test_a.py").write_text("def test_a(): pass\ndef test_b(): pass\n")
    done = cli("hunt", "tests", "--budget", "4s", cwd=suite)
    assert (done.code, done.result["findings"], done.result["stopped_because"]) == (0, [], "budget")


def test_report_renders_what_is_stored(cli: Cli, suite: Path, tmp_path: Path) -> None:
    """The last run can be shown and written in every format, without running anything."""
    done = cli("run", "tests", "--orders", "reverse", "--confirm", "1", "--no-roles", cwd=suite)
    files = {name: tmp_path / f"out.{name}" for name in ("json", "html", "junit", "sarif", "markdown")}
    shown = cli("report", *(f"--{name}={path}" for name, path in files.items()), cwd=suite / "tests")
    assert shown.code == 0
    assert done.result["findings"][0]["id"] in shown.out
    assert json.loads(files["json"].read_text())["findings"] == done.result["findings"]
    assert all(POLLUTER in path.read_text() or "test_polluter" in path.read_text() for path in files.values())


def test_with_runs_a_command_beside_a_service(cli: Cli) -> None:
    """`with redis` sets REDIS_URL for the command and returns its exit code; the server is gone after it."""
    code = "import os, sys; print(os.environ['REDIS_URL']); sys.exit(7)"
    done = cli("with", "redis", "--", "python3", "-c", code)
    assert done.code == 7
    assert done.out.startswith("redis://127.0.0.1:")
    port = int(done.out.strip().rpartition(":")[2].partition("/")[0])
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0


def test_init_writes_a_workflow_once(cli: Cli, suite: Path) -> None:
    """`init` writes the nightly workflow, and never over one that is there."""
    assert cli("init", cwd=suite).code == 0
    workflow = suite / ".github" / "workflows" / "bisect-loop.yml"
    assert "bisect-loop hunt" in workflow.read_text()
    workflow.write_text("mine\n")
    again = cli("init", cwd=suite)
    assert (again.code, workflow.read_text()) == (4, "mine\n")
    assert "is there already" in again.err


def test_every_command_has_help(cli: Cli) -> None:
    """Each command that the help lists can be called."""
    listed = cli("--help").out.partition("Commands:")[2].split("\n")
    names = [line.split()[0] for line in listed if line.startswith("  ") and line.strip()]
    assert {"run", "replay", "hunt", "scan", "report", "init", "with"} <= set(names)
    for name in names:
        done = cli(name, "--help")
        assert (done.code, done.out.startswith("Usage: ")) == (0, True)
