"""Runs the command line and stops it at a moment that its own progress names: a line, or a count of tests started.

Nothing here waits for time to pass. Each test of the suite writes a byte into a named pipe when it starts, and the
driver reads as many as it wants before it acts.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import IO

from tests.cli.conftest import command_line
from tests.wild.harness import Wild

# Far more than anything here takes on a quiet machine; only a tool that hangs comes near it.
PATIENCE = 120.0
# What a person may have to wait after Ctrl-C. Promised are five seconds; this machine may be a slow one.
PROMPT = 15.0

# Each process of a trial notes itself once in the file `trials`, and each test that starts sends a byte.
CONFTEST = """
    import os, pathlib
    SCRATCH = pathlib.Path(os.environ["SCRATCH"])
    NOTED = []

    def send(byte):
        try:
            pipe = os.open(SCRATCH / "steps", os.O_WRONLY | os.O_NONBLOCK)
        except OSError:  # nobody reads
            return
        os.write(pipe, byte)
        os.close(pipe)

    def pytest_collection_finish():
        send(b"c")

    def pytest_runtest_logstart(nodeid):
        if os.getpid() not in NOTED:
            NOTED.append(os.getpid())
            with open(SCRATCH / "trials", "a") as file:
                file.write(f"{os.getpid()}\\n")
        send(b"t")
"""
SUITE = """
    import pytest
    STATE = []
    def test_victim():
        assert not STATE
    @pytest.mark.parametrize("n", range(12))
    def test_innocent(n):
        pass
    def test_polluter():
        STATE.append(1)
    @pytest.mark.parametrize("n", range(12))
    def test_more(n):
        pass
    def test_polluter_too():
        STATE.append(2)
"""
TESTS = 27  # in SUITE
VICTIM = "test_victim"
INTERRUPTS = (signal.SIGINT, signal.SIGTERM)


@dataclass
class Driver:
    """One suite, and runs of the command line on it that can be stopped."""

    wild: Wild
    lines: list[str] = field(default_factory=list)
    _steps: int = -1
    _process: subprocess.Popen[bytes] | None = None
    _buffer: bytes = b""

    @contextlib.contextmanager
    def started(
        self, *args: str, stderr: int = subprocess.PIPE, command: str = "run"
    ) -> Iterator[subprocess.Popen[bytes]]:
        """Start `bisect-loop run tests ARGS`, or another COMMAND; it is killed at the end, if it still runs."""
        steps = self.wild.scratch / "steps"
        if not steps.exists():
            os.mkfifo(steps)
        self.lines, self._buffer = [], b""
        # Opened for both ends, so that it never comes to its end; bytes of an earlier run are gone with it.
        self._steps = os.open(steps, os.O_RDWR | os.O_NONBLOCK)
        with (self.wild.scratch / "stdout").open("wb") as sink:
            process = subprocess.Popen(
                self.wild.command(*args) if command == "run" else command_line(command, *args),
                cwd=self.wild.root,
                env=self.wild.environ,
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=stderr,
            )
        self._process = process
        try:
            yield process
        finally:
            process.kill()
            process.wait()
            if process.stderr is not None:
                process.stderr.close()
            os.close(self._steps)

    @property
    def process(self) -> subprocess.Popen[bytes]:
        """The run that goes on."""
        assert self._process is not None
        return self._process

    def _take(self, stream: IO[bytes], what: str) -> None:
        data = os.read(stream.fileno(), 1 << 16)
        assert data, f"the run ended before {what}: {self.lines}"
        *whole, self._buffer = (self._buffer + data).split(b"\n")
        self.lines += [line.decode() for line in whole]

    def _ready(self, streams: list[IO[bytes] | int], deadline: float) -> list[IO[bytes] | int]:
        ready, _, _ = select.select(streams, [], [], max(0.0, deadline - time.monotonic()))
        assert ready, f"nothing more was heard; so far: {self.lines}"
        return ready

    def until_line(self, start: str) -> None:
        """Read progress until a line begins with `start`."""
        deadline = time.monotonic() + PATIENCE
        stream = self.process.stderr
        assert stream is not None
        while not any(line.startswith(start) for line in self.lines):
            self._ready([stream], deadline)
            self._take(stream, f"the line {start!r}")

    def until_tests(self, count: int) -> None:
        """Wait until `count` tests have started since the run began, or (0) until a collection is over."""
        deadline = time.monotonic() + PATIENCE
        left, wanted = (count, b"t") if count else (1, b"c")
        stream = self.process.stderr
        while left > 0:
            # Progress is read as well: a full pipe would hold the tool up.
            ready = self._ready([self._steps] if stream is None else [self._steps, stream], deadline)
            if self._steps in ready:
                left -= os.read(self._steps, 1).count(wanted)
            elif stream is not None:
                self._take(stream, f"{left} more tests")

    def until(self, holds: Callable[[], bool]) -> None:
        """Look again and again until `holds`."""
        deadline = time.monotonic() + PATIENCE
        while not holds():
            assert time.monotonic() < deadline, f"it never came to that; so far: {self.lines}"
            os.sched_yield()

    def ended(self) -> tuple[int, float]:
        """Wait for the end; return (exit code, seconds that it took from now)."""
        began = time.monotonic()
        _, more = self.process.communicate(timeout=PATIENCE)
        taken = time.monotonic() - began
        self.lines += (self._buffer + (more or b"")).decode().splitlines()
        return self.process.returncode, taken

    def run(self, *args: str) -> int:
        """Run to the end; return the exit code."""
        with self.started(*args):
            code, _ = self.ended()
        return code

    @property
    def out(self) -> str:
        return (self.wild.scratch / "stdout").read_text()

    def trials(self) -> int:
        """How many trials have begun to run a test, in all runs so far."""
        path = self.wild.scratch / "trials"
        return len(path.read_text().splitlines()) if path.exists() else 0

    def check(self) -> None:
        """What must hold after each run, however it ended."""
        self.wild.check_manners("\n".join(self.lines) + self.out)
