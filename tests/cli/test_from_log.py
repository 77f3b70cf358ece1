"""`--from-log`: what a job in CI left behind becomes a confirmed pair in another checkout."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Cli, environ

# Under xdist's loadfile polluter and victim go to the same worker, whichever of the two that is.
GUILTY = """
import os
SEEN = []
def test_first(): pass
def test_polluter(): SEEN.append(1)
def test_between(): pass
def test_victim(): assert os.environ.get("CALM") or not SEEN
"""
FILES = {
    "tests/test_a.py": GUILTY,
    "tests/test_b.py": "def test_innocent(): pass\n",
    "tests/test_c.py": "def test_other(): pass\n",
}
INI = "[pytest]\naddopts = -p xdist\n"


@pytest.fixture
def ci(tmp_path: Path) -> Path:
    """The checkout in CI."""
    for name, text in {**FILES, "pytest.ini": INI}.items():
        path = tmp_path / "ci" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path / "ci"


def job(ci: Path, *args: str) -> str:
    """Run pytest as CI does and return its log, as GitHub keeps it."""
    command = [sys.executable, "-m", "pytest", "-v", *args]
    done = subprocess.run(command, cwd=ci, env=environ(plugins=False), capture_output=True, text=True)
    assert done.returncode == 1, done.stdout
    return "".join(f"2026-01-05T10:11:12.1234567Z {line}\n" for line in done.stdout.splitlines())


def test_a_log_of_xdist_becomes_a_confirmed_pair_in_another_clone(cli: Cli, ci: Path, tmp_path: Path) -> None:
    """The failing lane is run in one process and narrowed; the log's notes and the clone's differences are said."""
    log = job(ci, "-n", "2", "--dist", "loadfile")
    (tmp_path / "job.log").write_text(log)
    clone = tmp_path / "clone"
    shutil.copytree(ci, clone, ignore=shutil.ignore_patterns("__pycache__", ".pytest_cache"))
    done = cli("run", "--from-log", "../job.log", "--confirm", "1", "--no-roles", cwd=clone)
    assert done.code == 1, done.err
    (found,) = done.result["findings"]
    assert (found["minimal_order"], found["confirmed"]) == (
        ["tests/test_a.py::test_polluter", "tests/test_a.py::test_victim"],
        True,
    )
    assert [order["name"] for order in done.result["orders_tried"]] in (["log:gw0"], ["log:gw1"])


def test_what_does_not_fail_here_is_said_to_be_so(cli: Cli, ci: Path, tmp_path: Path) -> None:
    """Exit 0, nobody accused, and what was tried."""
    (tmp_path / "job.log").write_text(job(ci))
    done = cli("run", "--from-log", "../job.log", cwd=ci, env={"CALM": "1"})
    assert done.code == 0, done.err
    assert "NOT REPRODUCED" in done.out
    assert "did not fail here; tried: its order of 4 tests in one process" in " ".join(done.out.split())
    assert not any(found["confirmed"] or found["polluters"] for found in done.result["findings"])


def test_a_log_without_an_order(cli: Cli, ci: Path, tmp_path: Path) -> None:
    """JUnit XML and dots name the failing test: its file's order stands in for what they do not tell."""
    job(ci, f"--junitxml={tmp_path / 'job.xml'}")
    done = cli("run", "--from-log", "../job.xml", "--confirm", "1", "--no-roles", cwd=ci)
    assert done.code == 1, done.err
    assert done.result["findings"][0]["polluters"] == ["tests/test_a.py::test_polluter"]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("hello\n", "No run of pytest is in the log"),
        (
            "===== test session starts =====\nt.py::test_x PASSED [100%]\n===== 1 passed in 0.1s =====\n",
            "No test fails",
        ),
        (
            "===== test session starts =====\nt.py::test_x FAILED [100%]\n===== 1 failed in 0.1s =====\n",
            "collected here",
        ),
    ],
    ids=["no log", "green", "other suite"],
)
def test_a_log_of_no_use_gets_one_sentence(cli: Cli, ci: Path, tmp_path: Path, text: str, sentence: str) -> None:
    """Exit 4 and the mend."""
    (tmp_path / "job.log").write_text(text)
    done = cli("run", "--from-log", "../job.log", cwd=ci)
    assert done.code == 4
    assert sentence in done.err


def test_a_log_and_an_order_exclude_one_another(cli: Cli, ci: Path) -> None:
    """Both say which order to run."""
    done = cli("run", "--from-log", "a", "--order", "b", cwd=ci)
    assert done.code == 4
    assert "give one of them" in done.err
