"""A server program in a process group of its own."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import FrameType
from typing import TypeVar

from bisect_loop.conditions.services.runas import Identity
from bisect_loop.conditions.services.seam import Launch

T = TypeVar("T")

# A killed process is gone within milliseconds; only the kernel itself can make it last.
_GONE_WITHIN = 5.0
# Longer than this, what is still there of a killed group is a zombie that init has not reaped yet.
_REAPED_WITHIN = 0.25
_POLL = 0.002


def free_port() -> int:
    """A TCP port of 127.0.0.1 that nobody has right now; another may take it before its user does."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class ServerProcess:
    """Runs a program that logs to its standard output, in a folder of its own, until `stop`."""

    def __init__(
        self,
        argv: Sequence[str],
        folder: Path,
        environ: Mapping[str, str],
        on_end: Callable[[int], None],
        identity: Identity | None = None,
        last_wish: signal.Signals | None = None,
    ) -> None:
        """`identity` is whom it runs as; `last_wish` a signal on which it ends by itself, sent before it is killed."""
        self.folder = folder
        self._log = folder / "server.log"
        self._on_end = on_end
        self._lock = threading.RLock()
        self._stopped = False
        with self._log.open("wb") as log:
            self._popen = subprocess.Popen(
                list(argv),
                cwd=folder,
                env=dict(environ),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                **(identity.popen() if identity else {}),  # type: ignore[call-overload]
            )
        self._last_wish = last_wish
        self.pgid: int = self._popen.pid

    def running(self) -> bool:
        """Tell whether the program still runs. It is not reaped, so that its number stays taken until `stop`."""
        with self._lock:
            if self._stopped:
                return False
            if not hasattr(os, "waitid"):
                return self._popen.poll() is None
            try:
                flags = os.WEXITED | os.WNOHANG | os.WNOWAIT
                return os.waitid(os.P_PID, self.pgid, flags) is None
            except ChildProcessError:
                return False

    def log(self) -> list[str]:
        """The last lines of the log that are not blank."""
        with contextlib.suppress(OSError), self._log.open("rb") as log:
            log.seek(0, os.SEEK_END)
            log.seek(max(0, log.tell() - 16384))
            lines = log.read().decode("utf-8", "replace").splitlines()
            return [line.strip() for line in lines if line.strip()]
        return []

    def stop(self) -> None:
        """Kill the whole group, wait until it is gone and remove the folder. Safe to call twice."""
        with self._lock, interrupts_held():
            if self._stopped:
                return
            self._stopped = True
            if self._last_wish is not None:
                self._end_by_itself(self._last_wish)
            self._signal(signal.SIGKILL)
            try:
                self._on_end(self.pgid)
            finally:
                self._popen.wait(_GONE_WITHIN)
            # What the program started itself is not ours to reap, only to see gone.
            deadline = time.monotonic() + _REAPED_WITHIN
            while self._signal(0) and time.monotonic() < deadline:
                time.sleep(_POLL)
            shutil.rmtree(self.folder, ignore_errors=True)

    def _end_by_itself(self, wish: signal.Signals) -> None:
        if not hasattr(os, "waitid"):
            return
        with contextlib.suppress(ProcessLookupError, ChildProcessError):
            os.kill(self.pgid, wish)
            deadline = time.monotonic() + _GONE_WITHIN
            while time.monotonic() < deadline:
                if os.waitid(os.P_PID, self.pgid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None:
                    return
                time.sleep(_POLL)

    def _signal(self, number: int) -> bool:
        """Tell whether anybody of the group was there to get the signal."""
        try:
            os.killpg(self.pgid, number)
        except (ProcessLookupError, PermissionError):  # macOS: a group of zombies is not permitted
            return False
        return True


@contextlib.contextmanager
def interrupts_held() -> Iterator[None]:
    """Hold Ctrl-C and SIGTERM back until the block ends, so that nothing is started and then not known of.

    Only the main thread is ever interrupted. A mask (pthread_sigmask) would be inherited by the child.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    held: list[int] = []

    def hold(number: int, frame: FrameType | None) -> None:
        del frame
        held.append(number)

    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    ours = {number: handler for number, handler in handlers.items() if callable(handler)}
    try:
        for number in ours:
            signal.signal(number, hold)
        yield
    finally:
        for number, handler in ours.items():
            signal.signal(number, handler)
        for late in held:
            signal.raise_signal(late)


def run_server(
    argv: Callable[[Path], Sequence[str]],
    launch: Launch,
    prefix: str,
    environ: Mapping[str, str],
    ready: Callable[[ServerProcess], T],
    identity: Identity | None = None,
    last_wish: signal.Signals | None = None,
) -> tuple[ServerProcess, T]:
    """Start the program that `argv` names for its folder; return it with what `ready` said of it.

    `ready` waits until the server can be used, and raises where it never will be. Whatever is raised, a
    KeyboardInterrupt too, the program is gone by then. Raises OSError where it cannot be started at all.
    """
    folder = Path(tempfile.mkdtemp(prefix=f"{prefix}-", dir=launch.directory))
    process: ServerProcess | None = None
    try:
        with interrupts_held():
            words = argv(folder)
            process = ServerProcess(
                words, folder, {**environ, "TMPDIR": str(folder)}, launch.on_end, identity, last_wish
            )
            launch.on_start(process.pgid)
            if last_wish is signal.SIGQUIT:
                launch.on_quit(process.pgid)
        return process, ready(process)
    except BaseException:
        if process is not None:
            process.stop()
        shutil.rmtree(folder, ignore_errors=True)
        raise


def wait_until(answer: Callable[[], T | None], process: ServerProcess, seconds: float) -> T | None:
    """Ask until there is an answer; None where the process ended or `seconds` went by without one."""
    deadline = time.monotonic() + seconds
    while process.running() and time.monotonic() < deadline:
        if (said := answer()) is not None:
            return said
        time.sleep(_POLL)
    return None
