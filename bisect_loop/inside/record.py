"""Appends events to the trial's file, one JSON object a line.

The file is opened for each event and closed again: a test that counts descriptors sees none of ours, one that
closes all of them harms nothing, and what was written survives a crash. The functions of `os` and the clock are
bound as defaults because tests replace module attributes (pyfakefs, freezegun) while they run.
"""

from __future__ import annotations

import json
import os
import time
from typing import Any, Callable, Mapping


def now(clock: Callable[[], float] = time.perf_counter) -> float:
    """Seconds on a clock that frozen time does not stop."""
    return clock()


def process(pid: Callable[[], int] = os.getpid) -> int:
    """The process that this is."""
    return pid()


def append(
    path: str,
    event: Mapping[str, Any],
    _dumps: Callable[..., str] = json.dumps,
    _open: Callable[[str, int, int], int] = os.open,
    _write: Callable[[int, bytes], int] = os.write,
    _close: Callable[[int], None] = os.close,
    _flags: int = os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_CLOEXEC", 0),
) -> None:
    """Append `event` (a JSON-able mapping) to the file `path` in one write."""
    data = _dumps(event).encode("ascii") + b"\n"
    descriptor = _open(path, _flags, 0o600)
    try:
        while data:
            data = data[_write(descriptor, data) :]
    finally:
        _close(descriptor)
