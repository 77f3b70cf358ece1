"""--coverage, --workers and --dry-run: the conditions that are no variables."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Cli

SLOWED = """
import coverage

STATE = []

def test_polluter():
    STATE.append(1)

def test_innocent():
    pass

def test_victim():
    assert not (STATE and coverage.Coverage.current())
"""

WORKFLOW = """
on: push
jobs:
  test:
    runs-on: ubuntu-latest
    env:
      MODE: ci
      API_TOKEN: s3cr3t-t0k3n
    services:
      redis:
        image: redis:7-alpine
    steps:
      - run: pytest -n 3 --dist loadfile --cov=app tests
"""


@pytest.fixture
def slowed(tmp_path: Path) -> Path:
    root = tmp_path / "suite"
    (root / "tests").mkdir(parents=True)
    (root / "tests" / "test_a.py").write_text(SLOWED)
    return root


def left(root: Path) -> set[str]:
    return {path.name for path in root.iterdir()} - {".bisect-loop", "pytest.ini", "tests", "pyproject.toml"}


@pytest.mark.parametrize("plugin", ["pytest_cov", ""], ids=["pytest-cov", "coverage run"])
def test_a_failure_that_needs_coverage(cli: Cli, slowed: Path, plugin: str) -> None:
    """With coverage the pair is found and coverage is needed; without it there is nothing; no data file is left."""
    if plugin:
        (slowed / "pytest.ini").write_text(f"[pytest]\naddopts = -p {plugin}\n")
        on = ("--coverage",)
    else:
        (slowed / "ci.yml").write_text(
            WORKFLOW.replace("pytest -n 3 --dist loadfile --cov=app", "coverage run -m pytest")
        )
        on = ("--ci", "ci.yml")
    quick = ("--orders", "default", "--confirm", "1", "--no-roles", "--runner", "auto")
    done = cli("run", *on, *quick, cwd=slowed)
    assert done.code == 1, done.err
    (found,) = done.result["findings"]
    assert (found["polluters"], found["needs"]["coverage"]) == (["tests/test_a.py::test_polluter"], True)
    assert done.result["conditions"]["coverage"] is True
    assert ("--cov" if plugin else "coverage run") in found["replay"]["command"]
    assert "needs       coverage" in done.out
    without = cli("run", "--no-coverage", *on[1 if plugin else 0 :], *quick, cwd=slowed)
    assert (without.code, without.result["conditions"]["coverage"]) == (0, False)
    assert not left(slowed) - {"ci.yml"}


def test_coverage_that_cannot_be_had_is_said(cli: Cli, slowed: Path, tmp_path: Path) -> None:
    """Without coverage beside the tests' pytest: one sentence, exit 4."""
    (tmp_path / "hide").mkdir()
    hidden = "import sys\nfrom importlib.machinery import PathFinder\nfind = PathFinder.find_spec\n"
    hidden += "PathFinder.find_spec = classmethod(lambda cls, name, *more: None if name in ('coverage', 'pytest_cov')"
    hidden += " else find(name, *more))\n"
    (tmp_path / "hide" / "sitecustomize.py").write_text(hidden)
    done = cli("run", "--coverage", cwd=slowed, env={"PYTHONPATH": str(tmp_path / "hide")})
    assert done.code == 4
    assert "--coverage needs pytest-cov or coverage" in done.err


def test_a_dry_run_shows_where_everything_is_from(cli: Cli, slowed: Path) -> None:
    """Each condition with its file and line, secrets hidden; nothing is run and nothing is written."""
    (slowed / ".github" / "workflows").mkdir(parents=True)
    (slowed / ".github" / "workflows" / "ci.yml").write_text(WORKFLOW)
    done = cli("run", "--dry-run", "--env", "EXTRA=1", cwd=slowed)
    assert (done.code, done.result) == (0, {})
    rows = {line.split("  ")[0]: " ".join(line.split()) for line in done.out.splitlines()}
    assert rows["MODE"] == "MODE ci .github/workflows/ci.yml:7 (job)"
    assert rows["EXTRA"] == "EXTRA 1 command line"
    assert "s3cr3t" not in done.out
    assert rows["service redis"].endswith("redis:7-alpine .github/workflows/ci.yml:10")
    assert rows["command"].startswith("command pytest -n 3 --dist loadfile --cov=app tests .github/workflows/ci.yml:13")
    assert rows["orders"] == "orders default, reverse, shuffle:3, xdist:3:loadfile"
    assert rows["coverage"].startswith("coverage --cov=app")
    assert done.out.endswith("Nothing was run.\n")
    assert not (slowed / ".bisect-loop").exists()


def test_workers_are_an_order_more(cli: Cli, slowed: Path) -> None:
    """--workers N runs the suite under pytest-xdist as well, beside the orders of one process."""
    (slowed / "pytest.ini").write_text("[pytest]\naddopts = -p xdist\n")
    done = cli("run", "--workers", "2", cwd=slowed)
    assert done.code == 0, done.err
    assert [order["name"] for order in done.result["orders_tried"]][-1] == "xdist:2"
    assert done.result["conditions"]["workers"] == 2
