"""What the scan takes from the project's CI files."""

from __future__ import annotations

from pathlib import Path

import pytest

from bisect_loop.scan import SettingsError
from bisect_loop.scan.ci import ci_environment

from .writing import write

WORKFLOW = """
on: push
env:
  SHARED: "1"
jobs:
  lint:
    runs-on: ubuntu-latest
    env:
      LINT_ONLY: "1"
    steps:
      - run: ruff check
  test:
    runs-on: ubuntu-latest
    env:
      REDIS_URL: redis://localhost:6379/0
    services:
      redis:
        image: redis:7
        env:
          INSIDE: "1"
    steps:
      - run: pytest
        env:
          AT_STEP: "1"
"""
PATH = ".github/workflows/ci.yml"


def test_variables_of_the_jobs_that_run_pytest(tmp_path: Path) -> None:
    """Every level counts, other jobs and containers do not; each variable comes with its line."""
    write(tmp_path, {PATH: WORKFLOW, ".git/HEAD": ""})
    assert ci_environment(tmp_path) == {
        "SHARED": f"{PATH}:3",
        "REDIS_URL": f"{PATH}:14",
        "AT_STEP": f"{PATH}:23",
    }


def test_one_job_by_name(tmp_path: Path) -> None:
    """FILE:JOB takes that job, whatever it runs."""
    write(tmp_path, {PATH: WORKFLOW, ".git/HEAD": ""})
    assert set(ci_environment(tmp_path, f"{tmp_path / PATH}:lint") or {}) == {"SHARED", "LINT_ONLY"}


def test_no_ci(tmp_path: Path) -> None:
    """Without CI files nothing is known, which is not the same as nothing being set."""
    write(tmp_path, {".git/HEAD": "", "compose.yml": "services: {}\n"})
    assert ci_environment(tmp_path) is None


def test_broken_ci_counts_as_absent_unless_named(tmp_path: Path) -> None:
    """A workflow that cannot be read is no reason not to scan, but a usage error where the user names it."""
    write(tmp_path, {PATH: "jobs: [", ".git/HEAD": ""})
    assert ci_environment(tmp_path) is None
    with pytest.raises(SettingsError, match=r"ci\.yml"):
        ci_environment(tmp_path, str(tmp_path / PATH))
