"""Waiting for a process that may never end."""

from __future__ import annotations

import contextlib
import os
import select
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

# How long a process may take to exit after it has said that all its tests are over.
EXIT_GRACE = 5.0


@dataclass(frozen=True, slots=True)
class Wait:
    """How a wait ended. `status` is subprocess's, None where the process had to be killed."""

    status: int | None
    timed_out: bool


class Silence:
    """Tells when a file has not grown for `limit` seconds: each event is a sign of life.

    Files beside it that begin with its name count as well: those of a controller's workers.
    """

    def __init__(self, path: Path, limit: float) -> None:
        self._path = path
        self._limit = limit
        self._size = -1
        self._since = time.monotonic()

    def left(self) -> float:
        """Seconds until the silence has lasted too long; 0 or less when it has."""
        size = 0
        for path in self._path.parent.glob(f"{self._path.name}*"):
            with contextlib.suppress(OSError):
                size += path.stat().st_size
        if size != self._size:
            self._size, self._since = size, time.monotonic()
        return self._since + self._limit - time.monotonic()


def _pause(process: subprocess.Popen[bytes], pidfd: int | None, seconds: float) -> bool:
    """Wait until the process ends or `seconds` have gone by; tell whether it has ended."""
    if pidfd is not None:
        select.select([pidfd], [], [], seconds)
        return process.poll() is not None
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        return False
    return True


def wait(
    process: subprocess.Popen[bytes],
    events: Path,
    silence: float,
    *,
    over: Callable[[], bool],
    kill: Callable[[], None],
) -> Wait:
    """Wait for `process`; kill it after `silence` seconds without a new event.

    `over` tells whether the tests have said that they are over: then the process gets EXIT_GRACE to exit.
    """
    # Popen.wait(timeout) polls with ever longer sleeps; a pidfd wakes at once.
    pidfd = os.pidfd_open(process.pid) if hasattr(os, "pidfd_open") else None
    watched = Silence(events, silence)
    grace: float | None = None
    try:
        while True:
            left = watched.left()
            if left <= 0 or (grace is not None and time.monotonic() > grace):
                kill()
                process.wait()
                return Wait(None, True)
            if _pause(process, pidfd, min(left, 0.5)):
                return Wait(process.returncode, False)
            if grace is None and over():
                grace = time.monotonic() + EXIT_GRACE
    finally:
        if pidfd is not None:
            os.close(pidfd)
