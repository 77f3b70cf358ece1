"""Lanes of real xdist runs: recorded as they were run, and run again in each of the ways that trials can."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

import pytest

from bisect_loop.inside.worker import LaneRecorder
from bisect_loop.model import Dist, Ending, Lane, Trial, TrialResult, Worker
from tests.xdist import suites
from tests.xdist.conftest import CONDITION, MakeRunner


def distributed(dist: Dist, timeout: float = 120.0) -> Trial:
    return Trial(None, CONDITION, timeout=timeout, dist=dist)


def lanes_of(result: TrialResult) -> tuple[Lane, ...]:
    return tuple(
        Lane(lane.worker, tuple(result.outcomes[place].nodeid for place in lane.places)) for lane in result.lanes
    )


def logged(folder: Path) -> dict[str, list[str]]:
    """What each worker's tests wrote of themselves; the log is emptied."""
    seen = {}
    for path in sorted(folder.iterdir()):
        seen[path.name] = path.read_text().splitlines()
        path.unlink()
    return seen


@pytest.mark.parametrize("dist", get_args(Dist))
def test_each_lane_is_recorded_as_it_was_run_and_runs_again_as_its_worker(
    runner_of: MakeRunner, tmp_path: Path, dist: Dist
) -> None:
    """In every mode the lanes are what the workers' own tests saw, ids without groups; each runs again in one process
    that has its worker's identity, and nothing of ours is in sight."""
    folder = tmp_path / "log"
    folder.mkdir()
    runner = runner_of(suites.LOGGED, LOG_FOLDER=str(folder))
    result = runner.run(distributed(dist))
    assert (result.ending, result.failed, result.detail) == (Ending.FINISHED, (), "")
    lanes = lanes_of(result)
    assert {lane.worker.id: list(lane.order) for lane in lanes} == logged(folder)
    assert Counter(lane.worker.count for lane in lanes) == {2: 2}
    assert len({lane.worker.run for lane in lanes}) == 1
    assert len(result.outcomes) == len({outcome.nodeid for outcome in result.outcomes}) == 14

    last = max(lanes, key=lambda lane: len(lane.order))
    again = runner.run(Trial(last.order, CONDITION, timeout=120.0, worker=last.worker))
    assert (again.ending, again.failed, again.missing) == (Ending.FINISHED, (), ())
    assert logged(folder) == {last.worker.id: list(last.order)}


def test_a_forked_child_has_the_identity_too(runner_of: MakeRunner, tmp_path: Path) -> None:
    """A forked child is the worker that it stands for, from the import of the first module on."""
    folder = tmp_path / "log"
    folder.mkdir()
    runner = runner_of(suites.LOGGED, LOG_FOLDER=str(folder))
    result = runner.run(distributed("loadfile"))
    logged(folder)
    forked = runner_of(suites.LOGGED, fork=True, LOG_FOLDER=str(folder))
    for lane in lanes_of(result):
        again = forked.run(Trial(lane.order, CONDITION, timeout=120.0, worker=lane.worker))
        assert (again.ending, again.failed, again.runner) == (Ending.FINISHED, (), "fork")
        assert logged(folder) == {lane.worker.id: list(lane.order)}


@pytest.mark.parametrize("dist", ["load", "loadgroup"])
def test_a_crashed_worker_is_an_ending(runner_of: MakeRunner, dist: Dist) -> None:
    """A worker that dies ends its lane and the trial, which says who and where; a lane that lives on is whole."""
    result = runner_of(suites.ENDING, HOW="crash").run(distributed(dist))
    assert result.ending is Ending.CRASHED
    # Under loadgroup xdist may give the test to the other worker as well, which dies of it too.
    dead = [lane for lane in result.lanes if lane.ending is Ending.CRASHED]
    assert dead
    assert result.detail in [f"worker {lane.worker.id} crashed in test_e.py::test_ends" for lane in dead]
    for lane in dead:
        last = result.outcomes[lane.places[-1]]
        assert (last.nodeid, last.signatures[0].family) == ("test_e.py::test_ends", "crash")
    living = [lane.ending for lane in result.lanes if lane not in dead]
    assert living == [Ending.FINISHED] * (2 - len(dead))


def test_a_hanging_worker_is_an_ending(runner_of: MakeRunner) -> None:
    """Silence of all workers ends the trial; the test that hung has failed, and the other lane is whole."""
    result = runner_of(suites.ENDING, HOW="hang").run(distributed("loadfile", timeout=25.0))
    assert result.ending is Ending.TIMEOUT
    hung = [outcome.nodeid for outcome in result.failed if outcome.signatures[0].family == "hang"]
    assert hung == ["test_e.py::test_ends"]
    assert {"test_f.py::test_f1", "test_f.py::test_f3"} <= {outcome.nodeid for outcome in result.outcomes}


def test_what_xdist_refuses_is_said(runner_of: MakeRunner) -> None:
    """Workers that collect different tests give no lanes but a sentence."""
    odd = "import os, pytest\n"
    odd += "@pytest.mark.parametrize('i', [os.environ.get('PYTEST_XDIST_WORKER')])\ndef test_x(i): pass\n"
    result = runner_of({"test_x.py": odd}).run(distributed("load"))
    assert result.ending is not Ending.FINISHED
    assert "Different tests were collected" in result.detail
    assert not result.outcomes


def test_lanes_run_side_by_side(runner_of: MakeRunner) -> None:
    """Lanes start their tests together, in one temporary directory, each with its worker's identity."""
    runner = runner_of(suites.MEETING)
    seen = runner.run(distributed("load"))
    assert not seen.failed
    lanes = lanes_of(seen)
    result = runner.run(Trial(None, CONDITION, timeout=120.0, lanes=lanes))
    assert (result.ending, result.failed) == (Ending.FINISHED, ())
    assert lanes_of(result) == lanes
    (first,), (second,) = (lane.spans for lane in result.lanes)
    assert first[0] < second[1] and second[0] < first[1]


def test_a_lane_that_crashes_beside_another(runner_of: MakeRunner) -> None:
    """A crash in one of several processes ends the trial and says whose it was."""
    runner = runner_of(suites.ENDING, HOW="crash")
    lanes = lanes_of(runner.run(distributed("loadfile")))
    result = runner.run(Trial(None, CONDITION, timeout=120.0, lanes=lanes))
    assert result.ending is Ending.CRASHED
    assert "exited with status 3 in test_e.py::test_ends" in result.detail
    assert "test_f.py::test_f3" in {outcome.nodeid for outcome in result.outcomes}


@dataclass
class Item:
    """As much of a pytest item as is looked at."""

    nodeid: str


def test_a_group_is_no_part_of_an_id(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What `--dist loadgroup` writes behind an id is taken off again, and an id that holds an @ of its own is not."""
    monkeypatch.setenv("PYTEST_XDIST_WORKER", "gw0")
    recorder = LaneRecorder(str(tmp_path / "events"))
    grouped, single = Item("test_x.py::test_a[@z]"), Item("test_x.py::test_b[@y]")
    hook = recorder.pytest_collection_modifyitems([grouped, single])  # type: ignore[list-item]
    next(hook)
    grouped.nodeid += "@g"
    with pytest.raises(StopIteration):
        hook.send(None)
    assert recorder.name("test_x.py::test_a[@z]@g") == "test_x.py::test_a[@z]"
    assert recorder.name("test_x.py::test_b[@y]") == "test_x.py::test_b[@y]"


def test_trials_of_workers_are_values_of_their_own() -> None:
    """A trial's key tells identities, lanes and modes apart, and is what it was where there is none."""
    plain = Trial(("a",), CONDITION)
    worker = Worker("gw0", 2)
    keys = {plain.key(), Trial(("a",), CONDITION, worker=worker).key()}
    keys |= {Trial(None, CONDITION, lanes=(Lane(worker, ("a",)),)).key()}
    keys |= {Trial(None, CONDITION, dist=dist).key() for dist in get_args(Dist)}
    assert len(keys) == 8
    assert plain.key() == Trial(("a",), CONDITION, timeout=1.0, worker=None, lanes=(), dist=None).key()
