"""Trials of several workers: the suite under pytest-xdist itself, and recorded lanes side by side."""

from __future__ import annotations

import os
import time
import uuid
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from bisect_loop.model import Condition, Ending, Trial, TrialResult
from bisect_loop.runner import guard, lanes, transcript
from bisect_loop.runner.execute import execute, supervise
from bisect_loop.runner.process import Wait
from bisect_loop.runner.target import Slot, Target, child_environ, launch_argv, worker_control, worker_environ
from bisect_loop.runner.workspace import STAGED_NAME, Workspace

NAME = "fresh"


def distribute(
    target: Target, workspace: Workspace, slot: Slot, trial: Trial, condition: Condition, directory: Path
) -> TrialResult:
    """Run the suite under pytest-xdist; each worker records its lane as it runs it.

    Which tests a worker gets depends on how long tests take, so the lanes of the result are what was, and a second
    run has others.
    """
    words = ["-p", f"{STAGED_NAME}.lanes", "-n", str(condition.workers), "--dist", str(trial.dist)]
    # A crash is on record the first time. xdist would run the crashed test again on a new worker, with some modes
    # over and over, and with loadgroup it waits for ever for tests that nobody has.
    words += ["--max-worker-restart", "0", "--testrunuid", uuid.uuid4().hex]
    condition = replace(condition, args=(*condition.args, *words))
    argv, events = launch_argv(target, workspace, condition, directory, {"stage": str(workspace.stage)})
    env = child_environ(target, condition, slot, directory)
    return execute(workspace, argv, env, target.cwd, events, directory / "output", trial.timeout, NAME)


def side_by_side(
    target: Target, workspace: Workspace, slot: Slot, trial: Trial, condition: Condition, directory: Path
) -> TrialResult:
    """Run each lane of `trial` in a new interpreter with its worker's identity, all at the same time.

    None starts its first test before all have collected. They are never forked from one process: children of one
    parent draw the same random numbers, and would clash where real workers do not.
    """
    began = time.perf_counter()
    gate, life = directory / "gate", directory / "events"
    os.mkfifo(gate, 0o600)
    environ = child_environ(target, condition, slot, directory)
    (directory / "tmp" / "pytest").mkdir()

    def run(number: int) -> Wait:
        lane = trial.lanes[number]
        own, events = directory / lane.worker.id, directory / f"events.{lane.worker.id}"
        own.mkdir()
        more = {
            "events": str(events),
            "order": list(lane.order),
            "worker": worker_control(lane.worker, workspace, directory),
            "gate": str(gate),
        }
        argv, _ = launch_argv(target, workspace, condition, own, more)
        env = {**environ, **worker_environ(lane.worker), "COVERAGE_FILE": str(own / "coverage")}
        return supervise(workspace, argv, env, target.cwd, events, own / "output", trial.timeout, life)

    with ThreadPoolExecutor(len(trial.lanes)) as pool:
        futures = [pool.submit(run, number) for number in range(len(trial.lanes))]
        opened = _open_gate(
            gate,
            {
                life.with_name(f"events.{lane.worker.id}"): future
                for lane, future in zip(trial.lanes, futures, strict=True)
            },
        )
        try:
            ends = [future.result() for future in futures]
        finally:
            os.close(opened)
    guard.sweep(str(directory))
    seen = lanes.read(life)
    how: dict[str, str] = {}
    for lane, end in zip(trial.lanes, ends, strict=True):
        found = seen.setdefault(lane.worker.id, transcript.Transcript())
        found.worker = lane.worker
        if end.status is not None and found.status is None:
            how[lane.worker.id] = f"worker {lane.worker.id} {transcript.describe_exit(end.status)}"
    ending = Ending.CANCELLED if workspace.closed else Ending.FINISHED
    result = TrialResult((), ending, NAME, seconds=time.perf_counter() - began)
    return lanes.joined(result, seen, how, any(end.timed_out for end in ends), trial.timeout)


def _open_gate(gate: Path, starting: dict[Path, Future[Wait]]) -> int:
    """Open the gate once each process has collected, or ended. Returns what keeps it open."""
    waiting = dict(starting)
    while waiting:
        waiting = {
            events: future
            for events, future in waiting.items()
            if not future.done() and transcript.read(events).collected is None
        }
        time.sleep(0.01 if waiting else 0)
    # For reading as well: then it does not wait for readers, and those that come late need not wait either.
    return os.open(gate, os.O_RDWR)
