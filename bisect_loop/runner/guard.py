"""Ends what the tool started when the tool itself can no longer do it, even after `kill -9`.

Runs as a small process of its own (`python guard.py ROOT`), stdlib only. Its standard input comes from the tool:
lines "+PGID" and "-PGID" tell which process groups live, "!PGID" that the leader of one ends properly on SIGQUIT, and
"*PATH" that a folder is to be removed as well. End of file means that the tool is gone: the groups are killed, then
every process that carries ROOT in its initial environment (each trial's TMPDIR lies in ROOT, so a grandchild that made
a session of its own is found too), and ROOT is removed.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import sys
import time
from pathlib import Path

_QUIT_WITHIN = 3.0  # seconds


def kill_group(pgid: int) -> None:
    """Kill a process group; nothing happens where it is gone already."""
    with contextlib.suppress(OSError):
        os.killpg(pgid, signal.SIGKILL)


def ask_to_quit(pgids: set[int]) -> None:
    """Let servers that end on SIGQUIT do so for a moment: killed, they leave shared memory behind."""
    for pgid in pgids:
        with contextlib.suppress(OSError):
            os.kill(pgid, signal.SIGQUIT)
    deadline = time.monotonic() + _QUIT_WITHIN
    for pgid in pgids:
        with contextlib.suppress(OSError):
            while time.monotonic() < deadline:
                os.kill(pgid, 0)
                time.sleep(0.01)


def carriers(marker: str) -> list[int]:
    """The processes whose initial environment holds `marker` (Linux; elsewhere none are found)."""
    found: list[int] = []
    needle = os.fsencode(marker)
    if not Path("/proc/self/environ").exists():
        return found
    for path in Path("/proc").iterdir():
        if path.name.isdigit() and int(path.name) != os.getpid():
            with contextlib.suppress(OSError):
                if needle in (path / "environ").read_bytes():
                    found.append(int(path.name))
    return found


def sweep(folder: str) -> int:
    """Kill every process that carries a path in `folder`, until none is left; return how many there were."""
    marker = folder.rstrip(os.sep) + os.sep  # folder 1 is not the beginning of folder 12
    killed: set[int] = set()
    for _ in range(20):
        pids = carriers(marker)
        if not pids:
            break
        for pid in pids:
            killed.add(pid)
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
    return len(killed)


def watch(root: str) -> None:
    """Follow the tool's messages to their end, then clean up."""
    groups: set[int] = set()
    quitting: set[int] = set()
    folders = [root]
    for line in sys.stdin:
        word = line.strip()
        if word.startswith("+"):
            groups.add(int(word[1:]))
        elif word.startswith("-"):
            groups.discard(int(word[1:]))
        elif word.startswith("!"):
            quitting.add(int(word[1:]))
        elif word.startswith("*"):
            folders.append(word[1:])
    ask_to_quit(quitting & groups)
    for pgid in groups:
        kill_group(pgid)
    sweep(root)
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(name, signal.SIG_IGN)
    watch(sys.argv[1])
