"""Strays are told from their neighbours by the folder that their environment names."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from bisect_loop.runner import guard


def carrying(folder: Path) -> subprocess.Popen[bytes]:
    """A process that waits for the end of its input, its TMPDIR in `folder`."""
    program = "import sys; print(flush=True); sys.stdin.read()"
    env = {"TMPDIR": str(folder / "tmp")}
    process = subprocess.Popen(
        [sys.executable, "-S", "-c", program], env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    process.stdout.readline()
    return process


def test_the_end_of_one_trial_is_not_that_of_another(tmp_path: Path) -> None:
    """Sweeping folder 1 kills what carries it, and nothing of folder 12."""
    stray, neighbour = carrying(tmp_path / "1"), carrying(tmp_path / "12")
    try:
        assert guard.sweep(str(tmp_path / "1")) == 1
        assert stray.wait(30) < 0
        assert neighbour.poll() is None
        assert neighbour.communicate()[0] == b""
        assert neighbour.returncode == 0
    finally:
        for process in (stray, neighbour):
            process.kill()
            process.communicate()
