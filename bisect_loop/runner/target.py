"""What is run: the interpreter, the place and the environment of the user's own pytest command."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from queue import SimpleQueue

from bisect_loop.model import Condition, Json, Trial, Worker
from bisect_loop.runner.workspace import STAGED_NAME, Workspace


@dataclass(frozen=True, slots=True)
class Target:
    """`python` runs pytest in the directory `cwd`, starting from the environment `environ`."""

    python: str
    cwd: Path
    environ: Mapping[str, str]


def _nothing() -> None:
    """A slot without services has nothing to reset."""


@dataclass(frozen=True, slots=True)
class Slot:
    """A place for one trial at a time, with services of its own where `env` names any.

    `env` holds, for each service, the variables that name it; `reset` brings the services back to their state
    before any test.
    """

    index: int = 0
    env: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    reset: Callable[[], None] = _nothing

    @property
    def exclusive(self) -> bool:
        """Whether what a process of this slot holds (URLs read at import) is of no use in another slot."""
        return bool(self.env)

    def environ(self, services: Iterable[str]) -> dict[str, str]:
        """The variables of those services."""
        return {name: value for service in services for name, value in self.env.get(service, {}).items()}


class Slots:
    """Hands out slots to threads, one trial each; waits where all are taken."""

    def __init__(self, slots: list[Slot]) -> None:
        self.width = len(slots)
        self._free: SimpleQueue[Slot] = SimpleQueue()
        for slot in slots:
            self._free.put(slot)

    @contextmanager
    def taken(self) -> Iterator[Slot]:
        """Take a slot, reset its services, and give it back at the end."""
        slot = self._free.get()
        try:
            slot.reset()
            yield slot
        finally:
            self._free.put(slot)


def child_environ(
    target: Target, condition: Condition, slot: Slot, directory: Path, worker: Worker | None = None
) -> dict[str, str]:
    """The environment of a process that runs trials, TMPDIR in `directory` (made here)."""
    temporary = directory / "tmp"
    temporary.mkdir()
    env = {**target.environ, **dict(condition.env), **slot.environ(condition.services)}
    env.update(
        TMPDIR=str(temporary),
        PYTHONHASHSEED=condition.hash_seed,
        PYTHONDONTWRITEBYTECODE="1",
        COVERAGE_FILE=str(directory / "coverage"),
    )
    return env if worker is None else {**env, **worker_environ(worker)}


def worker_environ(worker: Worker) -> dict[str, str]:
    """The variables that pytest-xdist sets in a worker."""
    return {
        "PYTEST_XDIST_WORKER": worker.id,
        "PYTEST_XDIST_WORKER_COUNT": str(worker.count),
        "PYTEST_XDIST_TESTRUNUID": worker.run,
    }


def worker_control(worker: Worker | None, workspace: Workspace, directory: Path) -> Json | None:
    """What a process needs to know to have the identity of `worker`; its temporary files go below `directory`.

    As under xdist the workers of one run have folders side by side: their parent is what suites share among them.
    """
    if worker is None:
        return None
    base = directory / "tmp" / "pytest"
    base.mkdir(exist_ok=True)
    return {
        "id": worker.id,
        "count": worker.count,
        "run": worker.run,
        "basetemp": str(base / f"popen-{worker.id}"),
        "given": workspace.given.get((worker.run, worker.id)),
    }


def launch_argv(
    target: Target, workspace: Workspace, condition: Condition, directory: Path, more: Json
) -> tuple[list[str], Path]:
    """Write the control file of one process; return (its command line, the file for its events)."""
    events = directory / "events"
    control = {
        "events": str(events),
        "args": [*condition.arguments, "-o", f"cache_dir={directory / 'cache'}"],
        "random_seed": condition.random_seed,
        "cwd_on_path": condition.invocation == "python -m pytest",
        **more,
    }
    path = directory / "control.json"
    path.write_text(json.dumps(control), encoding="ascii")
    around = ["-m", *condition.coverage_words] if condition.under_coverage_run else []
    return [target.python, *around, str(workspace.stage / STAGED_NAME / "launch.py"), str(path)], events


def narrowed_args(trial: Trial, paths: frozenset[str], root: Path, cwd: Path) -> Condition:
    """The trial's condition with its paths replaced by the trial's own, where it has any.

    Those are relative to `root`; pytest is started in `cwd`.
    """
    if trial.collect is None:
        return trial.condition
    kept = tuple(arg for arg in trial.condition.args if arg not in paths)
    there = os.path.realpath(root) == os.path.realpath(cwd)
    chosen = tuple(path if there else os.path.relpath(root / path, cwd) for path in trial.collect)
    return replace(trial.condition, args=(*kept, *chosen))


def without_outer_pytest(environ: Mapping[str, str]) -> dict[str, str]:
    """`environ` without what an outer pytest put there: the trials are not its tests."""
    ours = ("PYTEST_CURRENT_TEST", "PYTEST_VERSION", "PYTEST_XDIST_", "COV_CORE_")
    return {name: value for name, value in environ.items() if not name.startswith(ours)}
