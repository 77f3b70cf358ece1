"""Interpreters that cannot run the tests: each gets one clear sentence, and exit 4."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Cli

NEEDS = "bisect-loop needs CPython 3.8 and pytest 8.0 or later"


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    root = tmp_path / "suite"
    root.mkdir()
    (root / "pytest.ini").write_text("[pytest]\n")
    (root / "test_a.py").write_text("def test_a(): pass\n")
    return root


def sentence(cli: Cli, suite: Path, python: str) -> str:
    """The one sentence that `bisect-loop run --python PYTHON` ends with."""
    done = cli("run", "--python", python, cwd=suite)
    assert done.code == 4, done.err
    (line,) = done.err.splitlines()
    assert line.startswith("bisect-loop: ")
    return line


def script(folder: Path, text: str) -> str:
    """A program for sh that stands in the place of an interpreter."""
    path = folder / "python3.8"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return str(path)


def altered(folder: Path, **modules: str) -> str:
    """This interpreter, with modules of these sources before all others."""
    for name, source in modules.items():
        (folder / f"{name}.py").write_text(source)
    return script(folder, f'PYTHONPATH={folder} exec {sys.executable} "$@"')


def test_an_interpreter_without_pytest(cli: Cli, suite: Path, tmp_path: Path) -> None:
    """The interpreter is named, with what to do about it."""
    venv = tmp_path / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(venv)], check=True)
    python = str(venv / "bin" / "python")
    line = sentence(cli, suite, python)
    assert f"{python} has no pytest: install it there, or name another interpreter with --python." in line


@pytest.mark.parametrize("version", ["7.4.4", "6.2.5", "5.4"])
def test_a_pytest_that_is_too_old(cli: Cli, suite: Path, tmp_path: Path, version: str) -> None:
    """The version that was found and the one that is needed are both there to read."""
    python = altered(tmp_path, pytest=f"__version__ = {version!r}\n")
    assert f"pytest {version} of {python} is too old: {NEEDS}." in sentence(cli, suite, python)


def test_a_pytest_that_cannot_be_imported(cli: Cli, suite: Path, tmp_path: Path) -> None:
    """A pytest that is there and broken is not called missing."""
    python = altered(tmp_path, pytest="import nowhere_to_be_found\n")
    line = sentence(cli, suite, python)
    assert f"{python} cannot import its pytest (No module named 'nowhere_to_be_found')" in line


def test_a_python_that_is_too_old(cli: Cli, suite: Path, tmp_path: Path) -> None:
    """CPython 3.7 is refused by its version, whatever it has installed."""
    python = altered(tmp_path, sitecustomize="import sys; sys.version_info = (3, 7, 16, 'final', 0)\n")
    assert f"Python 3.7 of {python} is too old: {NEEDS}." in sentence(cli, suite, python)


def test_a_real_python_that_is_too_old(cli: Cli, suite: Path) -> None:
    """The same with a CPython 3.7 that is one."""
    python = shutil.which("python3.7")
    if python is None or subprocess.run([python, "-c", ""], capture_output=True).returncode:
        pytest.skip("no python3.7 that runs is on PATH")
    assert "Python 3.7" in sentence(cli, suite, python)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("echo 'pyenv: python3.8: command not found' >&2; exit 127", "pyenv: python3.8: command not found"),
        ("echo '  File \"launch.py\", line 12'; echo 'SyntaxError: invalid syntax'; exit 1", "SyntaxError"),
        ("kill -SEGV $$", "killed by SIGSEGV"),
        ("exit 0", "exited with status 0"),
    ],
    ids=["shim", "ancient", "crash", "other"],
)
def test_a_program_that_is_no_interpreter(cli: Cli, suite: Path, tmp_path: Path, text: str, words: str) -> None:
    """A shim without its interpreter, or another program, is said to be no Python, with what it said itself."""
    python = script(tmp_path, text)
    line = sentence(cli, suite, python)
    assert f"{python} does not run as CPython 3.8 or later ({words}" in line
    assert "--python" in line


def test_a_file_that_cannot_be_executed(cli: Cli, suite: Path) -> None:
    """A file without the permission to run is named with the reason."""
    line = sentence(cli, suite, "test_a.py")
    assert "test_a.py cannot be started: Permission denied" in line
