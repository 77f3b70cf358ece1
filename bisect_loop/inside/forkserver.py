"""Collects once, then forks a child for each trial: the tool writes requests, and reads who started and ended.

Requests and answers are lines of JSON on a pair of pipes. A child is the leader of a session of its own, so the
tool can kill it with all that it started. The server itself runs no test.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import select
import signal
import sys
import tempfile
import threading
from typing import Any, Generator

import pytest

from . import plugin, record


def refusal() -> str:
    """Why forked children of this process could not be trusted; "" where they can."""
    if not hasattr(os, "fork"):
        return "this platform cannot fork"
    others = [t.name for t in threading.enumerate() if t is not threading.main_thread()]
    if others:
        return "threads are alive after collection (%s)" % ", ".join(sorted(others)[:3])
    return ""


class Server(plugin.Conductor):
    """A Conductor whose test loop serves forked trials instead of running tests."""

    def __init__(self, control: dict[str, Any]) -> None:
        super().__init__(control)
        self.wanted = None
        self._requests, self._answers = control["fds"]
        self._buffer = b""
        self._running: dict[int, int | None] = {}
        self._prepared = False
        self.probe_teardown_failed = False

    def _answer(self, **message: Any) -> None:
        data = json.dumps(message).encode("ascii") + b"\n"
        while data:
            data = data[os.write(self._answers, data) :]

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> Any:
        if session.testsfailed:
            return None  # collection errors are on record; pytest stops by itself
        self.session = session
        self.items = list(session.items)
        about = plugin.describe(session.config, session)
        about["refusal"] = refusal()
        about["neutral"] = self.undoing
        with open(self.control["about"], "w", encoding="utf-8", errors="surrogatepass") as file:
            json.dump(about, file)
        self._answer(ready=True)
        if not about["refusal"]:
            gc.freeze()
            self._serve()
        return True

    def _serve(self) -> None:
        while True:
            # Without pidfd, a child's end is found by looking again.
            watched = [self._requests, *(fd for fd in self._running.values() if fd is not None)]
            blind = any(fd is None for fd in self._running.values())
            ready, _, _ = select.select(watched, [], [], 0.003 if blind else None)
            if self._requests in ready and not self._read():
                break
            self._reap()
        for pid in self._running:
            _kill_group(pid)

    def _read(self) -> bool:
        """Take in requests; return False when the tool has gone."""
        data = os.read(self._requests, 1 << 16)
        self._buffer += data
        while b"\n" in self._buffer:
            line, self._buffer = self._buffer.split(b"\n", 1)
            self._start(line)
        return bool(data)

    def _start(self, line: bytes) -> None:
        with open(json.loads(line)["request"], encoding="utf-8", errors="surrogatepass") as file:
            request = json.load(file)
        if request.get("trace"):
            self._prepare_traced()
        pid = os.fork()
        if pid == 0:
            status = 70
            try:
                self._child(request)
                status = 0
            except BaseException:  # nothing may return into the server's own loop
                self._lost()
            finally:
                os._exit(status)
        opened = None
        if hasattr(os, "pidfd_open"):
            try:
                opened = os.pidfd_open(pid)
            except OSError:
                opened = None  # too many open files: this child is watched by looking again
        self._running[pid] = opened
        self._answer(started=request["id"], pid=pid)

    def _reap(self) -> None:
        for pid in list(self._running):
            done, status = os.waitpid(pid, os.WNOHANG)
            if done:
                opened = self._running.pop(pid)
                if opened is not None:
                    os.close(opened)
                self._answer(ended=pid, status=status)

    def _prepare_traced(self) -> None:
        """Import what traced children need, once: it costs as much as ten tests."""
        if not self._prepared:
            self._prepared = True
            with contextlib.suppress(Exception):  # the child says what is wrong with it
                from . import traced

                traced.prepare()
            gc.freeze()

    # In the child.

    def _lost(self) -> None:
        """Record the exception at hand as pytest would record its own INTERNALERROR."""
        self.pytest_internalerror(pytest.ExceptionInfo.from_current())

    def _child(self, request: dict[str, Any]) -> None:
        self.owner = record.process()
        os.setsid()
        os.close(self._requests)
        os.close(self._answers)
        for opened in self._running.values():
            if opened is not None:
                os.close(opened)
        self.events = request["events"]
        config = self.session.config
        _redirect(config, request["output"])
        _own_directory(config, request["directory"])
        order = [self.items[index] for index in request["items"]]
        self.session.items = order
        self.session.testscollected = len(order)
        self.emit(k="collected", n=len(order))
        probed = [self.items[index] for index in request["probe"]]
        try:
            with self._traced(request.get("trace")):
                self._run(order, probed)
        except (KeyboardInterrupt, pytest.exit.Exception) as stop:
            self.emit(k="stopped", text="%s: %s" % (type(stop).__name__, stop))
        self.emit(k="finish", status=1 if self.session.testsfailed else 0)
        self.emit(k="end")
        sys.stdout.flush()
        sys.stderr.flush()

    @contextlib.contextmanager
    def _traced(self, trace: dict[str, Any] | None) -> Generator[None, None, None]:
        """Gather evidence where that is asked for."""
        if trace is None:
            yield
            return
        from .traced import Traced

        traced = Traced(trace, self)
        traced.start(self.session.config, len(self.session.items))
        try:
            yield
        finally:
            traced.stop(self.session.config)

    def _run(self, order: list[pytest.Item], probed: list[pytest.Item]) -> None:
        if probed:
            self._probe(probed, 0)
        for index, item in enumerate(order):
            nextitem = order[index + 1] if index + 1 < len(order) else None
            if probed and nextitem is None:
                nextitem = probed[0]  # what the probe shares with the last test stays set up, as in a real order
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=nextitem)
            # A request to stop (a plugin's time limit, session.shouldstop) is the user's own: honoured.
            if self.session.shouldfail or self.session.shouldstop:
                self.emit(k="stopped", text=str(self.session.shouldfail or self.session.shouldstop))
                break
            if probed:
                self._probe(probed, index + 1)
        if probed:
            self.session._setupstate.teardown_exact(None)

    def _probe(self, items: list[pytest.Item], at: int) -> None:
        """Run `items` in a forked child of its own, which shares everything set up so far, and wait for it.

        The outcome of the last is recorded.
        """
        pid = os.fork()
        if pid:
            os.waitpid(pid, 0)
            return
        status = 70
        try:
            self.owner = record.process()
            try:
                self.session._setupstate.teardown_exact(items[0])
            except Exception:  # in a real order this error is the previous test's, and the victim runs all the same
                self.probe_teardown_failed = True
            for item, nextitem in zip(items, [*items[1:], None]):
                self.probe = -1 if nextitem is not None else at
                item.config.hook.pytest_runtest_protocol(item=item, nextitem=nextitem)
            status = 0
        except BaseException:  # the answer is the absence of an event
            self._lost()
        finally:
            os._exit(status)


def _kill_group(pid: int) -> None:
    try:
        os.killpg(pid, signal.SIGKILL)
    except OSError:
        os.kill(pid, signal.SIGKILL)


def _redirect(config: pytest.Config, output: str) -> None:
    """Send this child's output to its own files, pytest's capture and faulthandler included.

    The stream objects stay, because modules and log handlers kept them when they were imported: what changes is
    the open file below each descriptor.
    """
    capture = config.pluginmanager.getplugin("capturemanager")
    if capture is not None:
        capture.suspend_global_capture(in_=True)
    sys.stdout.flush()
    sys.stderr.flush()
    opened = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(opened, 1)
    os.dup2(opened, 2)
    captured: Any = getattr(capture, "_global_capturing", None)
    streams: list[Any] = [getattr(captured, name, None) for name in ("out", "err")]
    for stream in streams:
        if hasattr(stream, "targetfd_save"):  # a capture of descriptors, whose files every child would share
            os.dup2(opened, stream.targetfd_save, inheritable=False)
            with tempfile.TemporaryFile(buffering=0) as own:
                os.dup2(own.fileno(), stream.tmpfile.fileno(), inheritable=False)
    os.close(opened)
    try:
        from _pytest.faulthandler import fault_handler_stderr_fd_key

        os.dup2(2, config.stash[fault_handler_stderr_fd_key], inheritable=False)
    except (ImportError, KeyError):
        pass  # no faulthandler plugin: nothing to redirect


def _own_directory(config: pytest.Config, directory: str) -> None:
    """Give this child a temporary directory that no other trial has."""
    os.environ["TMPDIR"] = directory
    tempfile.tempdir = None
    factory = getattr(config, "_tmp_path_factory", None)
    if factory is not None:
        given = factory._given_basetemp
        if given is not None:
            factory._given_basetemp = type(given)(directory, given.name)
        factory._basetemp = None
