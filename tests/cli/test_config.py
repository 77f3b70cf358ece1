"""[tool.bisect-loop] in pyproject.toml."""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import POLLUTER, Cli


def test_options_come_from_the_projects_file(cli: Cli, suite: Path) -> None:
    """A key stands for its option, and the command line goes before it."""
    table = '[tool.bisect-loop]\npaths = ["tests"]\norders = ["reverse"]\nconfirm = 1\nroles = false\nci = false\n'
    (suite / "pyproject.toml").write_text(table)
    done = cli("run", cwd=suite)
    assert done.code == 1, done.err
    assert [order["name"] for order in done.result["orders_tried"]] == ["reverse"]
    assert done.result["findings"][0]["confirmation"]["minimal_failed"] == [1, 1]
    assert done.result["findings"][0]["polluters"] == [POLLUTER]
    other = cli("run", "--orders", "default", cwd=suite)
    assert [order["name"] for order in other.result["orders_tried"]] == ["default"]


def test_a_mistake_in_the_file_gets_one_sentence(cli: Cli, suite: Path) -> None:
    """An unknown key names the file, the line and the nearest key."""
    (suite / "pyproject.toml").write_text("[tool.bisect-loop]\nconfrim = 1\n")
    done = cli("run", cwd=suite)
    assert done.code == 4
    assert "pyproject.toml:2" in done.err
    assert "confirm" in done.err
