"""`--python`: old and new interpreters, pytests and plugins, in which this tool is not installed, give one answer.

A combination for each interpreter that PATH has; what is missing is skipped and named. Each builds a virtual
environment out of PyPI, which takes minutes together: `python -m tests.matrix` runs them.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.cli.conftest import Cli
from tests.matrix.targets import MATRIX, VERSIONS, Unavailable, environment, interpreter, write_suite


@dataclass(frozen=True)
class Target:
    """`pytest` and `plugins` are requirements for pip, `ini` what the suite's pytest.ini says besides."""

    pytest: str
    plugins: tuple[str, ...] = ()
    ini: str = ""
    runners: tuple[str, ...] = ("auto",)


TARGETS = {
    "3.8": Target("pytest==8.0.*", ("pytest-asyncio==0.23.*", "pytest-randomly==3.12.*"), runners=("auto", "fresh")),
    "3.9": Target("pytest==8.2.*", ("pytest-asyncio==0.26.*", "anyio<4.6"), "asyncio_mode = strict\n"),
    "3.10": Target("pytest==8.4.*", ("pytest-xdist", "pytest-timeout"), "addopts = -n 2\ntimeout = 100\n"),
    "3.11": Target(
        "pytest==8.3.*", ("pytest-cov", "pytest-timeout"), "addopts = --cov=tests\ntimeout_method = thread\n"
    ),
    "3.12": Target("pytest==9.*", ("pytest-asyncio==1.*",), "asyncio_mode = auto\n"),
    "3.13": Target("pytest==9.*", ("pytest-asyncio==1.*", "pytest-randomly", "anyio"), runners=("auto", "fresh")),
}


def test_a_target_for_each_version() -> None:
    """No CPython that is supported goes untried."""
    assert tuple(TARGETS) == VERSIONS


@pytest.mark.skipif(MATRIX not in os.environ, reason="builds environments out of PyPI: python -m tests.matrix")
@pytest.mark.parametrize("version", VERSIONS)
def test_one_answer_everywhere(cli: Cli, tmp_path: Path, version: str) -> None:
    """Every pair is found and confirmed, sync and across event loops, and nobody else is accused."""
    target = TARGETS[version]
    try:
        python = environment(interpreter(version), tmp_path / "venv", (target.pytest, *target.plugins))
    except Unavailable as reason:
        pytest.skip(str(reason))
    suite = tmp_path / "suite"
    expected = write_suite(suite, target.ini, target.plugins)
    for runner in target.runners:
        few = ("--orders", "default,reverse", "--confirm", "1", "--no-roles", "--runner", runner)
        done = cli("run", "tests", "--python", python, *few, cwd=suite, plugins=True)
        assert done.code == 1, done.err
        found = {(f["kind"], f["victim"], *f["polluters"], *f["setters"]) for f in done.result["findings"]}
        assert found == expected
        assert all(f["confirmed"] for f in done.result["findings"])
        held = {f["victim"]: (f["cause"] or {}).get("holder", "").partition(".")[2] for f in done.result["findings"]}
        loops = {victim for _, victim, _ in expected if "sync.py" not in victim and "brittle" not in victim}
        assert {victim: held[victim] for victim in loops} == dict.fromkeys(loops, "Held.future")
        assert done.result["suite"]["python"].startswith(f"{version}.")
        assert (done.result["cost"]["trials_fork"] > 0) is (runner == "auto"), done.err
