"""The real command line over small real suites."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bisect_loop.runner.target import without_outer_pytest

POLLUTED = """
STATE = []

def test_victim():
    assert not STATE

def test_innocent_one():
    pass

def test_innocent_two():
    pass

def test_polluter():
    STATE.append(1)
"""


@dataclass(frozen=True)
class Done:
    """What a command left: exit code, standard output, standard error, and its JSON result."""

    code: int
    out: str
    err: str
    result: dict[str, Any]


Cli = Callable[..., Done]


def command_line(*args: str) -> list[str]:
    return [sys.executable, "-m", "bisect_loop", *args]


def environ(*, plugins: bool = True) -> dict[str, str]:
    """The environment of a command. Without `plugins` pytest starts several times as fast, and loads none."""
    bare = {} if plugins else {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    return {**without_outer_pytest(os.environ), "COLUMNS": "120", **bare}


@pytest.fixture
def cli(tmp_path: Path) -> Cli:
    """Run `bisect-loop ARGS` in `cwd`; `run` and `hunt` also write JSON. pytest loads plugins with `plugins` only, and
    fixes are tried with `fixes` only: both take their time."""

    def call(
        *args: str,
        cwd: Path | None = None,
        env: dict[str, str] | None = None,
        plugins: bool = False,
        fixes: bool = False,
    ) -> Done:
        file = tmp_path / "result.json"
        more = [f"--json={file}"] if args[0] in ("run", "hunt") else []
        if args[0] in ("run", "hunt") and not fixes:
            more.append("--no-fixes")
        words = [args[0], *more, *args[1:]]
        done = subprocess.run(
            command_line(*words),
            cwd=cwd or tmp_path,
            env={**environ(plugins=plugins), **(env or {})},
            capture_output=True,
            text=True,
        )
        assert "Traceback" not in done.stderr, done.stderr
        result = json.loads(file.read_text()) if file.exists() else {}
        return Done(done.returncode, done.stdout, done.stderr, result)

    return call


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    """A suite whose default order is green and whose reverse is not."""
    root = tmp_path / "suite"
    (root / "tests").mkdir(parents=True)
    (root / "pytest.ini").write_text("[pytest]\n")
    (root / "tests" / "test_a.py").write_text(POLLUTED)
    return root


VICTIM = "tests/test_a.py::test_victim"
POLLUTER = "tests/test_a.py::test_polluter"
