"""The folder of one run of the tool, outside the user's tree, and the processes started from it."""

from __future__ import annotations

import contextlib
import itertools
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

import bisect_loop.inside
from bisect_loop.model import Json
from bisect_loop.runner import guard

STAGED_NAME = "_bisect_loop_inside"

_MEMORY = "/dev/shm"  # a file system in memory, where there is one
_ROOM = 1 << 30  # bytes; a container often has 64 MB there


class Workspace:
    """Holds what a run needs on disk and ends every process that was started through it.

    The folder's path is short: a test's Unix socket below it must stay within the kernel's 107 bytes.
    """

    def __init__(self) -> None:
        self.root = Path(tempfile.mkdtemp(prefix="bl-"))
        # A group id is taken off the list before its leader is reaped, so no other process can have it.
        self._groups: set[int] = set()
        self._lock = threading.Lock()
        self._numbers = itertools.count(1)
        self._closed = False
        self._quick: Path | None = None
        # What controllers gave their workers, by run and worker: kept here only, because it may hold secrets.
        self.given: dict[tuple[str, str], Json] = {}
        self.stage = self.root / "stage"
        source = Path(bisect_loop.inside.__file__).parent
        try:
            # With its bytecode: times are copied too, by which Python knows what a source was compiled to. What lies
            # there under other names is being written by somebody else, and may be gone in a moment.
            shutil.copytree(source, self.stage / STAGED_NAME, ignore=shutil.ignore_patterns("*.pyc.*"))
            self._guard = self._start_guard()
        except BaseException:  # an interrupt too: nobody else knows of the folder yet
            shutil.rmtree(self.root, ignore_errors=True)
            raise

    def _start_guard(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-I", "-S", str(Path(guard.__file__)), str(self.root)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            cwd="/",
        )

    @property
    def closed(self) -> bool:
        return self._closed

    def directory(self) -> Path:
        """Make a new folder for one trial or one server."""
        path = self.root / str(next(self._numbers))
        path.mkdir()
        return path

    def quick_directory(self) -> Path | None:
        """A folder in memory, removed with the run; None where this machine has no room for one."""
        with self._lock:
            if self._quick is None and not self._closed:
                try:
                    if shutil.disk_usage(_MEMORY).free < _ROOM:
                        return None
                    self._quick = Path(tempfile.mkdtemp(prefix="bl-", dir=_MEMORY))
                except OSError:
                    return None
                self._tell_guard(f"*{self._quick}\n")
        return self._quick

    def discard(self, path: Path) -> None:
        """Remove a folder made by `directory`."""
        shutil.rmtree(path, ignore_errors=True)

    def _tell_guard(self, message: str) -> None:
        if self._guard.stdin is not None:
            with contextlib.suppress(OSError, ValueError):
                self._guard.stdin.write(message.encode())
                self._guard.stdin.flush()

    def watch_group(self, pgid: int) -> None:
        """From now on `pgid` is killed when the run ends, however it ends."""
        with self._lock:
            self._groups.add(pgid)
            self._tell_guard(f"+{pgid}\n")
            late = self._closed
        if late:
            guard.kill_group(pgid)

    def forget_group(self, pgid: int) -> None:
        """`pgid` has ended."""
        with self._lock:
            self._groups.discard(pgid)
            self._tell_guard(f"-{pgid}\n")

    def ends_on_quit(self, pgid: int) -> None:
        """`pgid` is a group whose leader ends properly on SIGQUIT."""
        with self._lock:
            self._tell_guard(f"!{pgid}\n")

    def spawn(
        self,
        argv: Sequence[str],
        *,
        cwd: str | Path,
        env: Mapping[str, str],
        output: Path,
        pass_fds: Sequence[int] = (),
    ) -> subprocess.Popen[bytes]:
        """Start a process that leads a session of its own, its output going to the file `output`.

        Raises OSError where the program cannot be started.
        """
        with output.open("ab") as sink:
            process = subprocess.Popen(
                list(argv),
                cwd=cwd,
                env=dict(env),
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=sink,
                start_new_session=True,
                pass_fds=tuple(pass_fds),
            )
        self.watch_group(process.pid)
        return process

    def end_groups(self) -> None:
        """Kill every group that is still alive."""
        with self._lock:
            groups = list(self._groups)
        for pgid in groups:
            guard.kill_group(pgid)

    def close(self) -> None:
        """Kill what is left, strays included, and remove the folder. Safe to call twice."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
        self.end_groups()
        if self._guard.stdin is not None:
            with contextlib.suppress(OSError):
                self._guard.stdin.close()
        self._guard.wait()
        shutil.rmtree(self.root, ignore_errors=True)
        if self._quick is not None:
            shutil.rmtree(self._quick, ignore_errors=True)

    def __enter__(self) -> Workspace:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


def tail(path: Path, limit: int = 4000) -> str:
    """The last `limit` bytes of a file as text; "" where it cannot be read."""
    try:
        with path.open("rb") as file:
            file.seek(0, os.SEEK_END)
            file.seek(max(0, file.tell() - limit))
            return file.read().decode("utf-8", "replace")
    except OSError:
        return ""
