"""Collect once, then fork a child for each trial."""

from __future__ import annotations

import contextlib
import json
import os
import threading
import time
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from bisect_loop.model import Condition, Ending, Suite, Trial, TrialResult, Worker
from bisect_loop.runner import guard, transcript
from bisect_loop.runner.process import Silence, wait
from bisect_loop.runner.target import Slot, Slots, Target, child_environ, launch_argv, worker_control
from bisect_loop.runner.workspace import Workspace, tail


@dataclass(frozen=True, slots=True)
class Collected:
    """What a fork server's collection showed.

    `paths` are the positional arguments of the user's command, `neutral` the options with which plain pytest runs
    given ids in one process. `refusal` says why forked children could not be trusted, "" where they can. `coverage`
    says whether pytest-cov is at work.
    """

    suite: Suite
    paths: tuple[str, ...]
    neutral: tuple[str, ...]
    refusal: str
    coverage: bool = False


class StartFailure(Exception):
    """The suite could not be collected: `result` holds the ending and one sentence on it."""

    def __init__(self, result: TrialResult) -> None:
        super().__init__(result.detail)
        self.result = result


@dataclass(slots=True)
class _Child:
    """One forked trial, from the request to its end."""

    started: threading.Event = field(default_factory=threading.Event)
    ended: threading.Event = field(default_factory=threading.Event)
    pid: int | None = None
    status: int | None = None


class ForkServer:
    """One process of the user's pytest that has collected and forks on request."""

    def __init__(
        self,
        target: Target,
        workspace: Workspace,
        condition: Condition,
        slot: Slot,
        timeout: float,
        worker: Worker | None = None,
    ) -> None:
        self._workspace = workspace
        self._timeout = timeout
        self._directory = workspace.directory()
        self._about = self._directory / "about.json"
        self._output = self._directory / "output"
        self._children: dict[int, _Child] = {}
        self._by_pid: dict[int, _Child] = {}
        self._next = 0
        self._lock = threading.Lock()
        self._ready = threading.Event()
        self._gone = False
        self._began = time.perf_counter()
        env = child_environ(target, condition, slot, self._directory, worker)
        requests, self._requests = os.pipe()
        self._answers, answers = os.pipe()
        identity = worker_control(worker, workspace, self._directory)
        more = {"fds": [requests, answers], "about": str(self._about), "worker": identity}
        argv, self._events = launch_argv(target, workspace, condition, self._directory, more)
        try:
            self._process = workspace.spawn(
                argv, cwd=target.cwd, env=env, output=self._output, pass_fds=(requests, answers)
            )
        except OSError as error:
            os.close(self._requests)
            os.close(self._answers)
            sentence = f"{target.python} cannot be started: {error.strerror}"
            raise StartFailure(TrialResult((), Ending.USAGE_ERROR, "fork", sentence)) from error
        finally:
            os.close(requests)
            os.close(answers)
        self._reader = threading.Thread(target=self._read, name="fork-server-answers", daemon=True)
        self._reader.start()

    # The reader thread: who started, who ended.

    def _read(self) -> None:
        with os.fdopen(self._answers, "rb") as answers:
            for line in answers:
                message = json.loads(line)
                if "ready" in message:
                    self._ready.set()
                elif "started" in message:
                    child = self._children[message["started"]]
                    child.pid = message["pid"]
                    self._by_pid[message["pid"]] = child
                    self._workspace.watch_group(message["pid"])
                    child.started.set()
                elif "ended" in message:
                    child = self._by_pid.pop(message["ended"])
                    guard.kill_group(message["ended"])
                    self._workspace.forget_group(message["ended"])
                    child.status = os.waitstatus_to_exitcode(message["status"])
                    child.ended.set()
        with self._lock:
            self._gone = True
        self._ready.set()
        for child in self._children.values():
            child.started.set()
            child.ended.set()

    def collected(self) -> Collected:
        """Wait for the collection and return what it showed. Raises StartFailure."""
        silence = Silence(self._events, self._timeout)
        timed_out = False
        while not self._ready.wait(0.5):
            if silence.left() <= 0:
                timed_out = True
                guard.kill_group(self._process.pid)
        if not self._about.exists():
            raise StartFailure(self._start_failure(timed_out))
        about = json.loads(self._about.read_text(encoding="utf-8", errors="surrogatepass"))
        self._index: defaultdict[str, list[int]] = defaultdict(list)
        for index, nodeid in enumerate(about["ids"]):
            self._index[nodeid].append(index)
        suite = Suite(
            root=about["root"],
            nodeids=tuple(about["ids"]),
            python=about["python"],
            pytest=about["pytest"],
            plugins=tuple(about["plugins"]),
            startup_seconds=time.perf_counter() - self._began,
            invocation_dir=about["cwd"],
            loops=about["loops"],
        )
        return Collected(suite, tuple(about["paths"]), tuple(about["neutral"]), about["refusal"], about["coverage"])

    def _start_failure(self, timed_out: bool) -> TrialResult:
        ended = wait(
            self._process, self._events, 5.0, over=lambda: True, kill=lambda: guard.kill_group(self._process.pid)
        )
        seen, output = transcript.read(self._events), tail(self._output, 20000)
        if not (seen.launched or timed_out or self._workspace.closed):
            sentence = f"no-python: {transcript.last_words(output, ended.status)}"
            return TrialResult((), Ending.USAGE_ERROR, "fork", sentence)
        return transcript.conclude(
            seen,
            status=ended.status,
            timed_out=timed_out,
            cancelled=self._workspace.closed,
            output=output,
            runner="fork",
            seconds=time.perf_counter() - self._began,
            timeout=self._timeout,
        )

    def run(self, trial: Trial) -> TrialResult:
        """Run one trial in a forked child."""
        directory = self._workspace.directory()
        try:
            return self._run(trial, directory)
        finally:
            self._workspace.discard(directory)

    def _request(self, trial: Trial, directory: Path) -> tuple[_Child, tuple[str, ...]]:
        """Ask the server for a child; return it and the ids that the collection does not have."""
        temporary = directory / "tmp"
        temporary.mkdir()
        indices, missing = [], []
        taken: defaultdict[str, int] = defaultdict(int)
        for nodeid in trial.order or ():
            places = self._index.get(nodeid, [])
            if taken[nodeid] < len(places):
                indices.append(places[taken[nodeid]])
                taken[nodeid] += 1
            else:
                missing.append(nodeid)
        if trial.order is None:
            indices = sorted(index for places in self._index.values() for index in places)
        probe = [self._index[nodeid][0] for nodeid in trial.probe]
        child = _Child()
        with self._lock:
            number = self._next
            self._next += 1
            self._children[number] = child
            request = {
                "id": number,
                "items": indices,
                "probe": probe,
                "events": str(directory / "events"),
                "output": str(directory / "output"),
                "directory": str(temporary),
                "trace": {"victim": trial.order[-1]} if trial.traced and trial.order else None,
            }
            path = directory / "request.json"
            path.write_text(json.dumps(request), encoding="ascii")
            if self._gone:
                child.ended.set()
            else:
                with contextlib.suppress(BrokenPipeError):
                    os.write(self._requests, json.dumps({"request": str(path)}).encode() + b"\n")
        return child, tuple(missing)

    def _run(self, trial: Trial, directory: Path) -> TrialResult:
        began = time.perf_counter()
        events, output = directory / "events", directory / "output"
        child, missing = self._request(trial, directory)
        silence = Silence(events, trial.timeout)
        timed_out = False
        while not child.ended.wait(max(0.01, min(silence.left(), 0.5))):
            if silence.left() <= 0 and not timed_out:
                timed_out = True
                if child.pid is not None:
                    guard.kill_group(child.pid)
                else:  # the server itself hangs, before it could fork
                    guard.kill_group(self._process.pid)
        seen = transcript.read(events)
        seen.missing = missing
        result = transcript.conclude(
            seen,
            status=child.status,
            timed_out=timed_out,
            cancelled=self._workspace.closed,
            output=tail(output),
            runner="fork",
            seconds=time.perf_counter() - began,
            timeout=trial.timeout,
            probe_places=len(trial.order or ()) + 1 if trial.probe else 0,
        )
        if result.ending in (Ending.TIMEOUT, Ending.CRASHED):
            guard.sweep(str(directory))
        return result

    def close(self) -> None:
        """End the server and its children."""
        with self._lock:
            if not self._gone:
                with contextlib.suppress(OSError):
                    os.close(self._requests)
            self._gone = True
        guard.kill_group(self._process.pid)
        self._process.wait()
        self._workspace.forget_group(self._process.pid)
        self._reader.join()
        for child in list(self._by_pid.values()):
            if child.pid is not None:
                guard.kill_group(child.pid)


class ForkRunner:
    """Runs trials in forked children: one server for all slots, or one each where slots have services."""

    name = "fork"

    def __init__(
        self, target: Target, workspace: Workspace, slots: Slots, condition: Condition, timeout: float
    ) -> None:
        self._target = target
        self._workspace = workspace
        self._slots = slots
        self._condition = condition
        self._timeout = timeout
        self._servers: dict[tuple[int, Worker | None], ForkServer] = {}
        self._opening: dict[tuple[int, Worker | None], threading.Lock] = {}
        self._lock = threading.Lock()

    def start(self) -> Collected:
        """Start the first server and return what its collection showed. Raises StartFailure."""
        with self._slots.taken() as slot:
            return self._server(slot, None).collected()

    def _server(self, slot: Slot, worker: Worker | None) -> ForkServer:
        """The server of `slot` whose process has the identity of `worker`: modules may read it when imported."""
        key = (slot.index if slot.exclusive else 0, worker)
        with self._lock:
            opening = self._opening.setdefault(key, threading.Lock())
        with opening:  # nobody may ask a server that has not collected
            server = self._servers.get(key)
            if server is None:
                server = self._open(key, slot)
        return server

    def _open(self, key: tuple[int, Worker | None], slot: Slot) -> ForkServer:
        with self._lock:
            # One lane is looked into at a time: the servers of the one before it are of no more use.
            past = [other for other in self._servers if key[1] is not None and other[1] not in (None, key[1])]
            ended = [self._servers.pop(other) for other in past]
            first = not self._servers
        for server in ended:
            server.close()
        server = ForkServer(self._target, self._workspace, self._condition, slot, self._timeout, key[1])
        if first:
            self._servers[key] = server
            return server
        refusal = server.collected().refusal
        if refusal:
            server.close()
            raise StartFailure(TrialResult((), Ending.USAGE_ERROR, self.name, refusal))
        slot.reset()  # collection may have written into the slot's services
        self._servers[key] = server
        return server

    def run(self, trial: Trial) -> TrialResult:
        if trial.collect is not None or trial.lanes or trial.dist is not None:
            raise ValueError("a forked child has the whole collection of its server; use a fresh process")
        with self._slots.taken() as slot:
            try:
                return self._server(slot, trial.worker).run(trial)
            except StartFailure as failure:
                return failure.result

    def close(self) -> None:
        with self._lock:
            servers = list(self._servers.values())
            self._servers.clear()
        for server in servers:
            server.close()
