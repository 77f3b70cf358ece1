"""A new interpreter for each trial: the reference that every other runner is held to."""

from __future__ import annotations

from pathlib import Path

from bisect_loop.model import Json, Trial, TrialResult
from bisect_loop.runner import xdist
from bisect_loop.runner.execute import execute
from bisect_loop.runner.target import Slots, Target, child_environ, launch_argv, narrowed_args, worker_control
from bisect_loop.runner.workspace import Workspace


class FreshRunner:
    """Runs each trial in a process of its own: the user's whole command collects, our plugin keeps and orders.

    `paths` are the positional arguments of the user's command, which a trial's `collect` replaces; the rootdir is
    `root`, the target's directory unless given.
    """

    name = "fresh"

    def __init__(
        self,
        target: Target,
        workspace: Workspace,
        slots: Slots,
        paths: frozenset[str] = frozenset(),
        root: Path | None = None,
        more: Json | None = None,
    ) -> None:
        """`more` is told to each process besides."""
        self._target = target
        self._workspace = workspace
        self._slots = slots
        self.paths = paths
        self._root = root or target.cwd
        self._more = more or {}

    def run(self, trial: Trial) -> TrialResult:
        if trial.probe:
            raise ValueError("a fresh process cannot probe: it runs one order, once")
        with self._slots.taken() as slot:
            directory = self._workspace.directory()
            try:
                condition = narrowed_args(trial, self.paths, self._root, self._target.cwd)
                if trial.dist is not None:
                    return xdist.distribute(self._target, self._workspace, slot, trial, condition, directory)
                if trial.lanes:
                    return xdist.side_by_side(self._target, self._workspace, slot, trial, condition, directory)
                env = child_environ(self._target, condition, slot, directory, trial.worker)
                order = None if trial.order is None else list(trial.order)
                more: Json = {"order": order, "worker": worker_control(trial.worker, self._workspace, directory)}
                more.update(self._more)
                if trial.traced and order:
                    more["trace"] = {"victim": order[-1], "imports": trial.collect is not None}
                argv, events = launch_argv(self._target, self._workspace, condition, directory, more)
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
