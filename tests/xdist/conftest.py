"""A runner of fresh processes over a suite of a test's own."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from bisect_loop.model import Condition
from bisect_loop.runner.fork import ForkRunner
from bisect_loop.runner.fresh import FreshRunner
from bisect_loop.runner.target import Slot, Slots, Target
from bisect_loop.runner.workspace import Workspace
from tests.xdist import suites

CONDITION = Condition(workers=2)


@pytest.fixture
def workspace() -> Iterator[Workspace]:
    with Workspace() as made:
        yield made


MakeRunner = Callable[..., "FreshRunner | ForkRunner"]


@pytest.fixture
def runner_of(tmp_path: Path, workspace: Workspace) -> Iterator[MakeRunner]:
    """Make a runner over the suite of `files`, a fork runner with `fork`; `env` is added to its environment."""
    made: list[FreshRunner | ForkRunner] = []

    def make(files: Mapping[str, str], *, fork: bool = False, **env: str) -> FreshRunner | ForkRunner:
        root = suites.write(tmp_path / "suite", files)
        target = Target(sys.executable, root, {**suites.environ(), **env})
        slots = Slots([Slot(0)])
        if fork:
            made.append(ForkRunner(target, workspace, slots, CONDITION, 120.0))
            made[-1].start()  # type: ignore[union-attr]
        else:
            made.append(FreshRunner(target, workspace, slots))
        return made[-1]

    yield make
    for runner in made:
        runner.close()
