"""What only a real process can get wrong."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from bisect_loop.model import Condition, Ending, Trial
from bisect_loop.runner import Runner, guard
from bisect_loop.runner.fork import ForkRunner, StartFailure
from bisect_loop.runner.fresh import FreshRunner
from bisect_loop.runner.target import Slot, Slots, Target, without_outer_pytest
from bisect_loop.runner.workspace import Workspace
from tests.runner import suites
from tests.runner.conftest import CONDITION, trial

REAL = pytest.mark.parametrize("runner", ["fork", "fresh"], indirect=True)


def tree(root: Path) -> set[str]:
    return {str(path.relative_to(root)) for path in root.rglob("*")}


@REAL
def test_nothing_is_written_into_the_tree(runner: Runner, root: Path) -> None:
    """No .pytest_cache, no __pycache__, nothing."""
    before = tree(root)
    runner.run(trial("test_polluter", "test_victim", "TestClass::test_method"))
    assert tree(root) == before


@REAL
def test_ten_megabytes_of_output(runner: Runner) -> None:
    """Much output neither blocks nor hides what comes after it."""
    result = runner.run(trial("test_loud", "test_victim"))
    assert [outcome.result for outcome in result.outcomes] == ["passed", "passed"]


@REAL
def test_odd_ids(runner: Runner) -> None:
    """Ids with spaces, colons, brackets, quotes, line feeds and non-ASCII letters are only ids."""
    odd = ["test_odd[a b]", "test_odd[x::y]", "test_odd[[z]]", "test_odd['q']", "test_odd[\\xfc]", "test_odd[a\\nb]"]
    result = runner.run(trial(*odd))
    assert [outcome.result for outcome in result.outcomes] == ["passed"] * len(odd)


@REAL
def test_own_temporary_directory(runner: Runner) -> None:
    """tmp_path lies in the trial's own TMPDIR."""
    result = runner.run(trial("TestClass::test_method"))
    assert [outcome.result for outcome in result.outcomes] == ["passed"]


@REAL
def test_expected_failures(runner: Runner) -> None:
    """A strict xfail that passes has failed; an expected failure has not."""
    strict, expected = runner.run(trial("test_strict", "test_expected")).outcomes
    assert (strict.result, strict.signatures[0].type) == ("failed", "XPASS")
    assert expected.result == "skipped"


@REAL
def test_pytest_exit_ends_the_trial(runner: Runner) -> None:
    """pytest.exit() in a test is an ending, not a pass of what was not run."""
    result = runner.run(trial("test_cleaner", "test_stop", "test_victim"))
    assert result.ending is Ending.STOPPED
    assert result.of(suites.nodeid("test_victim")) is None


def test_no_grandchild_survives(target: Target, slots: Slots) -> None:
    """A process that a test leaves behind in a session of its own is gone when the tool is."""
    with Workspace() as workspace:
        FreshRunner(target, workspace, slots).run(trial("test_grandchild"))
        forked = ForkRunner(target, workspace, slots, CONDITION, 60.0)
        forked.start()
        forked.run(trial("test_grandchild"))
        assert guard.carriers(str(workspace.root)), "the grandchild should be there until the end"
        forked.close()
    assert not guard.carriers(str(workspace.root))
    assert not workspace.root.exists()


def test_killed_tool_leaves_nothing(root: Path) -> None:
    """After kill -9 of the tool its guard ends every process and removes the folder."""
    program = (
        "import os, sys, threading\n"
        "from pathlib import Path\n"
        "from bisect_loop.runner.fork import ForkRunner\n"
        "from bisect_loop.runner.target import Slot, Slots, Target\n"
        "from bisect_loop.runner.workspace import Workspace\n"
        "from tests.runner.conftest import CONDITION, trial\n"
        "w = Workspace()\n"
        "t = Target(sys.executable, Path(sys.argv[1]), dict(os.environ))\n"
        "f = ForkRunner(t, w, Slots([Slot()]), CONDITION, 60.0)\n"
        "f.start()\n"
        "threading.Thread(target=f.run, args=(trial('test_grandchild', 'test_hang'),), daemon=True).start()\n"
        "from bisect_loop.runner import transcript\n"
        "while not any(transcript.read(p).running == trial('test_hang').order[0] for p in w.root.glob('*/events')):\n"
        "    pass\n"
        "print(w.root, flush=True)\n"
        "os.kill(os.getpid(), 9)\n"
    )
    repository = Path(__file__).parents[2]
    env = {**os.environ, "PYTHONPATH": str(repository)}
    done = subprocess.run(
        [sys.executable, "-c", program, str(root)], capture_output=True, text=True, env=env, cwd=repository
    )
    folder = done.stdout.strip()
    assert done.returncode == -9, done.stderr
    assert folder
    gone = threading.Event()
    for _ in range(1000):
        if not guard.carriers(folder) and not Path(folder).exists():
            gone.set()
            break
        os.sched_yield()
    assert gone.is_set()


def test_cancelled_from_another_thread(target: Target, slots: Slots) -> None:
    """Closing the workspace ends a trial that hangs, at once."""
    workspace = Workspace()
    forked = ForkRunner(target, workspace, slots, CONDITION, 60.0)
    forked.start()
    endings: list[Ending] = []
    hanging = threading.Thread(target=lambda: endings.append(forked.run(trial("test_hang")).ending))
    hanging.start()
    while not any(workspace.root.glob("*/events")):
        pass
    workspace.close()
    hanging.join(30)
    forked.close()
    assert endings == [Ending.CANCELLED]


def test_concurrent_children(target: Target, workspace: Workspace, slots: Slots) -> None:
    """Children of one server run side by side without mixing their outcomes."""
    forked = ForkRunner(target, workspace, slots, CONDITION, 60.0)
    forked.start()
    found: dict[int, list[str]] = {}

    def go(index: int) -> None:
        names = ("test_polluter", "test_victim") if index % 2 else ("test_victim", "test_polluter")
        found[index] = [outcome.result for outcome in forked.run(trial(*names)).outcomes]

    threads = [threading.Thread(target=go, args=(index,)) for index in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    forked.close()
    assert [found[index] for index in range(6)] == [["passed", "passed"], ["passed", "failed"]] * 3


def test_probe_shows_where_the_victim_flips(target: Target, workspace: Workspace, slots: Slots) -> None:
    """One pass over an order runs the victim in a child of its own after each test."""
    forked = ForkRunner(target, workspace, slots, CONDITION, 60.0)
    forked.start()
    order = trial("test_odd[a b]", "test_polluter", "TestClass::test_method", "test_cleaner")
    probing = Trial(order.order, CONDITION, timeout=60.0, probe=(suites.nodeid("test_victim"),))
    result = forked.run(probing)
    forked.close()
    assert [probe.result if probe else None for probe in result.probes] == [
        "passed",
        "passed",
        "failed",
        "failed",
        "passed",
    ]
    assert [outcome.result for outcome in result.outcomes] == ["passed"] * 4


@pytest.mark.parametrize(
    ("files", "args", "ending", "words"),
    [
        (
            {"tests/test_a.py": "import nowhere_to_be_found\n"},
            ("tests",),
            Ending.COLLECTION_ERROR,
            "nowhere_to_be_found",
        ),
        (
            {"conftest.py": "raise ValueError('broken conftest')\n", "tests/test_a.py": ""},
            ("tests",),
            None,
            "broken conftest",
        ),
        ({"tests/test_a.py": "def test_a(): pass\n"}, ("nowhere",), Ending.USAGE_ERROR, "not found: nowhere"),
        ({"pytest.ini": "[pytest]\naddopts = --no-such-option\n"}, (), Ending.USAGE_ERROR, "--no-such-option"),
    ],
)
def test_a_suite_that_cannot_start(
    tmp_path: Path,
    workspace: Workspace,
    slots: Slots,
    files: dict[str, str],
    args: tuple[str, ...],
    ending: Ending | None,
    words: str,
) -> None:
    """What stops collection comes back as an ending with one sentence."""
    from bisect_loop.model import Condition

    for name, content in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content)
    target = Target(sys.executable, tmp_path, dict(os.environ))
    forked = ForkRunner(target, workspace, slots, Condition(args=args), 60.0)
    with pytest.raises(StartFailure) as failure:
        forked.start()
    forked.close()
    assert ending is None or failure.value.result.ending is ending
    assert words in failure.value.result.detail
    assert "\n" not in failure.value.result.detail


@pytest.mark.parametrize(
    ("source", "loops"),
    [
        ("import asyncio\ndef test_x(): pass\n", True),
        ("async def helper(): pass\ndef test_x(): pass\n", True),
        ("class Client:\n    async def get(self): pass\ndef test_x(): pass\n", True),
        ("import json\ndef test_x(): pass\n", False),
    ],
    ids=["module", "function", "method", "none"],
)
def test_whether_the_users_own_modules_have_to_do_with_loops(tmp_path: Path, source: str, loops: bool) -> None:
    """A whole order is traced only where it may say something: that a plugin imported asyncio is no reason."""
    (tmp_path / "test_a.py").write_text(source)
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    environ = {**without_outer_pytest(os.environ), "PYTEST_PLUGINS": "asyncio"}
    with Workspace() as workspace:
        target = Target(sys.executable, tmp_path, environ)
        runner = ForkRunner(target, workspace, Slots([Slot(0)]), Condition(), 60.0)
        try:
            assert runner.start().suite.loops is loops
        finally:
            runner.close()
