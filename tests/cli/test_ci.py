"""Conditions out of the project's own CI files."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.cli.conftest import Cli
from tests.scenarios.scenario import SCENARIOS

WORKFLOW = """
name: ci
on: push
jobs:
  test:
    runs-on: ubuntu-latest
    env:
      REDIS_URL: redis://localhost:6379/0
      API_TOKEN: ${{ secrets.API_TOKEN }}
    services:
      redis:
        image: redis:7-alpine
        ports: ["6379:6379"]
    steps:
      - run: pytest tests
"""


def test_plain_run_takes_what_the_workflow_says(cli: Cli, tmp_path: Path) -> None:
    """In a checkout with a workflow that sets REDIS_URL and a redis, `run` with no options finds the pair."""
    project = tmp_path / "project"
    shutil.copytree(SCENARIOS / "redis_singleton", project, ignore=shutil.ignore_patterns(".bisect-loop"))
    (project / ".github" / "workflows").mkdir(parents=True)
    (project / ".github" / "workflows" / "ci.yml").write_text(WORKFLOW)
    done = cli("run", "--orders", "reverse", "--confirm", "1", "--no-roles", cwd=project, plugins=True, fixes=True)
    assert done.code == 1, done.err
    (found,) = done.result["findings"]
    assert [fix["verified"] for fix in found["fixes"]][:1] == [[1, 1]], done.err
    assert found["needs"]["services"] == ["redis"]
    assert found["needs"]["env"] == ["REDIS_URL"]
    assert "ci.yml" in " ".join(done.result["conditions"]["sources"])
    assert "needs the secret API_TOKEN" in done.err
    without = cli("run", "--no-ci", "--orders", "reverse", cwd=project, plugins=True)
    assert (without.code, without.result["findings"]) == (0, [])


def test_a_ci_file_that_cannot_be_used(cli: Cli, suite: Path) -> None:
    """A named CI file that is broken or not there gives one sentence and exit 4."""
    (suite / "broken.yml").write_text("jobs: [\n")
    for target, words in (("broken.yml", "broken.yml"), ("nowhere.yml", "nowhere.yml")):
        done = cli("run", "--ci", target, cwd=suite)
        assert done.code == 4
        assert words in done.err
