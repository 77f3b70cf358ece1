"""A new interpreter for each trial: the reference that every other runner is held to."""

from __future__ import annotations

import time
from pathlib import Path

from bisect_loop.model import Ending, Trial, TrialResult
from bisect_loop.runner import guard, transcript
from bisect_loop.runner.process import wait
from bisect_loop.runner.target import Slots, Target, child_environ, launch_argv, narrowed_args
from bisect_loop.runner.workspace import Workspace, tail


class FreshRunner:
    """Runs each trial in a process of its own: the user's whole command collects, our plugin keeps and orders.

    `paths` are the positional arguments of the user's command, which a trial's `collect` replaces.
    """

    name = "fresh"

    def __init__(self, target: Target, workspace: Workspace, slots: Slots, paths: frozenset[str] = frozenset()):
        self._target = target
        self._workspace = workspace
        self._slots = slots
        self.paths = paths

    def run(self, trial: Trial) -> TrialResult:
        if trial.probe:
            raise ValueError("a fresh process cannot probe: it runs one order, once")
        with self._slots.taken() as slot:
            directory = self._workspace.directory()
            try:
                condition = narrowed_args(trial, self.paths)
                env = child_environ(self._target, condition, slot, directory)
                order = None if trial.order is None else list(trial.order)
                argv, events = launch_argv(self._target, self._workspace, condition, directory, {"order": order})
                return execute(
                    self._workspace,
                    argv,
                    env,
                    self._target.cwd,
                    events,
                    directory / "output",
                    trial.timeout,
                    self.name,
                )
            finally:
                self._workspace.discard(directory)

    def close(self) -> None:
        self._workspace.end_groups()


def execute(
    workspace: Workspace,
    argv: list[str],
    env: dict[str, str],
    cwd: Path,
    events: Path,
    output: Path,
    timeout: float,
    runner: str,
) -> TrialResult:
    """Run one process to its end and conclude from its events; `timeout` is in seconds of silence."""
    began = time.perf_counter()
    try:
        process = workspace.spawn(argv, cwd=cwd, env=env, output=output)
    except OSError as error:
        return TrialResult((), Ending.USAGE_ERROR, runner, f"{argv[0]} cannot be started: {error.strerror}")
    try:
        ended = wait(
            process,
            events,
            timeout,
            over=lambda: transcript.read(events).ended,
            kill=lambda: guard.kill_group(process.pid),
        )
    finally:
        # Whatever the tests left running in their group goes with them.
        guard.kill_group(process.pid)
        workspace.forget_group(process.pid)
        if process.poll() is None:
            process.wait()
    guard.sweep(str(events.parent))
    return transcript.conclude(
        transcript.read(events),
        status=ended.status,
        timed_out=ended.timed_out,
        cancelled=workspace.closed,
        output=tail(output),
        runner=runner,
        seconds=time.perf_counter() - began,
        timeout=timeout,
    )
