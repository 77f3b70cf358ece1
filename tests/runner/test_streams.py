"""What a module kept of the standard streams when it was imported, in the tests that run later."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bisect_loop.model import Condition, Trial
from bisect_loop.runner import Runner
from bisect_loop.runner.fork import ForkRunner
from bisect_loop.runner.fresh import FreshRunner
from bisect_loop.runner.target import Slots, Target
from bisect_loop.runner.workspace import Workspace

SOURCE = """
import logging, os, sys

OUT, ERR = sys.stdout, sys.stderr
HANDLER = logging.StreamHandler()

def test_kept():
    assert (sys.stdout, sys.stderr, HANDLER.stream) == (OUT, ERR, ERR)
    OUT.write("out")
    ERR.write("err")
    HANDLER.emit(logging.makeLogRecord({"msg": "logged"}))

def test_captured(capfd):
    os.write(1, b"one")
    assert capfd.readouterr().out == "one"

def test_capsys(capsys):
    print("two")
    assert capsys.readouterr().out == "two\\n"

def test_disabled(capsys):
    with capsys.disabled():
        print("seen")

"""
FILE = "tests/test_streams.py"

FILES = """
import os, subprocess, sys

OUT, ERR = sys.stdout, sys.stderr
BELOW = [os.fstat(stream.fileno()).st_ino for stream in (OUT, ERR)]

def test_own_file():
    assert [os.fstat(stream.fileno()).st_ino for stream in (OUT, ERR)] != BELOW

def test_program_inherits_no_more_than_it_should():
    if not os.path.exists("/proc/self/fd"):
        return
    program = "import os; print(sorted(int(name) for name in os.listdir('/proc/self/fd')))"
    inherited = subprocess.run([sys.executable, "-c", program], close_fds=False, stdout=subprocess.PIPE, text=True)
    assert inherited.stdout.strip() == "[0, 1, 2, 3]"
"""
OTHER_FILE = "tests/test_files.py"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    made = tmp_path / "suite"
    (made / "tests").mkdir(parents=True)
    (made / FILE).write_text(SOURCE)
    (made / "pytest.ini").write_text("[pytest]\n")
    return made


@pytest.fixture(params=[(kind, capture) for kind in ("fork", "fresh") for capture in ("fd", "sys", "no", "tee-sys")])
def runner(
    request: pytest.FixtureRequest, target: Target, workspace: Workspace, slots: Slots
) -> Iterator[tuple[Runner, Condition]]:
    kind, capture = request.param
    condition = Condition(args=("tests", "-p", "no:randomly", f"--capture={capture}"))
    made: ForkRunner | FreshRunner
    if kind == "fork":
        made = ForkRunner(target, workspace, slots, condition, 60.0)
        made.start()
    else:
        made = FreshRunner(target, workspace, slots)
    yield made, condition
    made.close()


def test_streams_kept_at_import_are_those_of_the_tests(runner: tuple[Runner, Condition]) -> None:
    """A stream or log handler bound at import writes where print does, in a forked child as in a new process."""
    made, condition = runner
    names = ("test_kept", "test_captured", "test_capsys", "test_disabled", "test_kept")
    order = tuple(f"{FILE}::{name}" for name in dict.fromkeys(names))
    result = made.run(Trial(order, condition, timeout=60.0))
    assert {outcome.nodeid: outcome.signatures for outcome in result.failed} == {}
    assert len(result.outcomes) == len(order)


def test_forked_children_share_no_capture_file(target: Target, workspace: Workspace, slots: Slots) -> None:
    """What one child captures another cannot read, and no file of ours is handed on to programs."""
    (target.cwd / OTHER_FILE).write_text(FILES)
    condition = Condition(args=("tests", "-p", "no:randomly"))
    made = ForkRunner(target, workspace, slots, condition, 60.0)
    made.start()
    order = tuple(f"{OTHER_FILE}::{name}" for name in ("test_own_file", "test_program_inherits_no_more_than_it_should"))
    result = made.run(Trial(order, condition, timeout=60.0))
    made.close()
    assert [outcome.signatures for outcome in result.outcomes] == [(), ()]
