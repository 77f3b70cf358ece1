"""Logs of real runs against what the processes themselves recorded."""

from __future__ import annotations

from pathlib import Path

import pytest

from bisect_loop.ingest import Recording, read_log, resolve

from .suites import FAILED, Run, run

XDIST = ("-v", "-p", "xdist", "-n", "2")


def lanes_of(recording: Recording) -> dict[str, list[str]]:
    return {lane.worker: list(lane.order) for lane in recording.lanes}


def check(recording: Recording, truth: Run) -> None:
    """The lanes are those that were run, and every failure has its phase and its type."""
    assert lanes_of(recording) == truth.lanes
    assert set(recording.failed) == set(FAILED)
    assert {nodeid for lane in recording.failing_lanes() for nodeid in lane.failed} == set(FAILED)
    found = {(failure.nodeid, failure.phase): failure.type.rpartition(".")[2] for failure in recording.failures}
    for nodeid, (phase, kind) in FAILED.items():
        assert found[nodeid, phase] == kind  # type: ignore[index]
    assert {(nodeid, phase) for nodeid, phase in found} == truth.failed


@pytest.mark.parametrize(
    "args",
    [
        ("-v",),
        ("-vv", "-s", "--tb=short", "--color=yes"),
        ("-v", "--log-cli-level=INFO", "--tb=native"),
        ("-v", "--tb=no", "-o", "console_output_style=count"),
        XDIST,
        (*XDIST, "--dist", "loadgroup", "--color=yes", "-o", "console_output_style=count"),
        (*XDIST, "--dist", "loadscope", "--tb=line"),
    ],
    ids=" ".join,
)
def test_lanes_of_a_verbose_log(tmp_path: Path, args: tuple[str, ...]) -> None:
    """Which worker ran what in which order, how each failure ended, whatever the style of the log."""
    truth = run(tmp_path, *args)
    recording = read_log(truth.log)
    resolution = resolve(recording, truth.collected)
    assert not resolution.missing
    assert not resolution.ambiguous
    check(resolution.recording, truth)
    if "-s" not in args:
        check(recording, truth)
    if "-n" in args:
        assert recording.workers == 2
        assert recording.dist == (args[args.index("--dist") + 1] if "--dist" in args else "load")
        assert {failure.worker for failure in recording.failures} <= set(truth.lanes)
    assert not [note for note in recording.notes if "missing or torn" in note]


def test_a_shuffled_run_and_its_seed(tmp_path: Path) -> None:
    """pytest-randomly's seed is read, and the order is the shuffled one."""
    truth = run(tmp_path, "-v", "-p", "randomly", "--randomly-seed=4711")
    recording = read_log(truth.log)
    check(recording, truth)
    assert recording.seed == 4711
    assert recording.collected == len(truth.collected)
    assert recording.pytest == pytest.__version__
    assert any(plugin.startswith("randomly-") for plugin in recording.plugins)
    assert recording.rootdir == str(tmp_path.resolve())


def test_dots_say_files_and_failures(tmp_path: Path) -> None:
    """Without -v the log has the files' order and the failing ids; the collection the rest."""
    truth = run(tmp_path)
    recording = read_log(truth.log)
    assert recording.lanes == ()
    assert not recording.ordered
    assert [run.file for run in recording.files] == ["tests/sub dir/test_b.py", "tests/test_a.py", "tests/test_c.py"]
    assert set(recording.failed) == set(FAILED)
    assert any("dots" in note for note in recording.notes)
    assert recording.failing_lanes() == ()
    resolved = resolve(recording, truth.lanes["main"]).recording
    assert lanes_of(resolved) == truth.lanes
    assert set(resolved.failing_lanes()[0].failed) == set(FAILED)
    assert "order inside of each file is that of the collection here" in resolved.notes[-1]
    other = resolve(recording, truth.lanes["main"][:-1]).recording
    assert other.lanes == ()


@pytest.mark.parametrize("family", ["xunit1", "xunit2"])
def test_junit_xml(tmp_path: Path, family: str) -> None:
    """Order, outcomes and messages out of both families, once the ids are those that are collected."""
    truth = run(tmp_path, "-q", "-o", f"junit_family={family}", "--tb=line")
    resolution = resolve(read_log(truth.junit), truth.collected)
    assert not resolution.missing
    assert not resolution.ambiguous
    recording = resolution.recording
    assert lanes_of(recording) == truth.lanes
    assert set(recording.failed) == set(FAILED)
    failure = recording.failure_of("tests/test_a.py::test_ids[x - y]")
    assert failure is not None
    assert (failure.type, failure.message.split("\n")[0]) == ("AssertionError", "boom - bang")
    assert any("worker" in note for note in recording.notes)
