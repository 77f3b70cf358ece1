"""Runs one process of a trial to its end and concludes from what it recorded."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path

from bisect_loop.model import Ending, TrialResult
from bisect_loop.runner import guard, lanes, transcript
from bisect_loop.runner.process import Wait, wait
from bisect_loop.runner.workspace import Workspace, tail


def supervise(
    workspace: Workspace,
    argv: list[str],
    env: Mapping[str, str],
    cwd: Path,
    events: Path,
    output: Path,
    timeout: float,
    life: Path | None = None,
) -> Wait:
    """Run one process and its group to their end; `timeout` is in seconds of silence of `life`, else of `events`.

    Raises OSError where the program cannot be started.
    """
    process = workspace.spawn(argv, cwd=cwd, env=env, output=output)
    try:
        return wait(
            process,
            life or events,
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


def execute(
    workspace: Workspace,
    argv: list[str],
    env: Mapping[str, str],
    cwd: Path,
    events: Path,
    output: Path,
    timeout: float,
    runner: str,
) -> TrialResult:
    """Run one process to its end and conclude from its events, and from those of its workers, if it has any.

    `timeout` is in seconds of silence.
    """
    began = time.perf_counter()
    try:
        ended = supervise(workspace, argv, env, cwd, events, output, timeout)
    except OSError as error:
        return TrialResult((), Ending.USAGE_ERROR, runner, f"{argv[0]} cannot be started: {error.strerror}")
    guard.sweep(str(events.parent))
    seen = transcript.read(events)
    result = transcript.conclude(
        seen,
        status=ended.status,
        timed_out=ended.timed_out,
        cancelled=workspace.closed,
        output=tail(output),
        runner=runner,
        seconds=time.perf_counter() - began,
        timeout=timeout,
    )
    own = lanes.read(events)
    if not own and not seen.down:
        return result
    workspace.given.update({(lane.worker.run, lane.worker.id): lane.given for lane in own.values() if lane.worker})
    how = {worker: f"worker {worker} crashed" for worker in seen.down}
    return lanes.joined(result, own, how, ended.timed_out, timeout)
