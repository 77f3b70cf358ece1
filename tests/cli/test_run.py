"""`bisect-loop run`, as a user calls it."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from bisect_loop.cli.replay import missing
from tests.cli.conftest import POLLUTED, POLLUTER, VICTIM, Cli, environ


def test_pair_found_confirmed_and_replayable(cli: Cli, suite: Path) -> None:
    """The pair is named and confirmed, the printed command fails with plain pytest, and replay agrees."""
    done = cli("run", "tests", cwd=suite)
    assert done.code == 1
    (found,) = done.result["findings"]
    assert (found["kind"], found["confirmed"], found["polluters"]) == ("victim", True, [POLLUTER])
    assert found["minimal_order"] == [POLLUTER, VICTIM]
    assert found["confirmation"] == {"minimal_failed": [3, 3], "victim_alone_passed": [3, 3], "runner": "fresh"}
    assert found["replay"]["ran"] is True
    shown = subprocess.run(
        found["replay"]["command"], shell=True, cwd=suite, env=environ(plugins=False), capture_output=True
    )
    assert shown.returncode == 1
    assert "FINDING" in done.out
    assert found["id"] in done.out
    again = cli("replay", found["id"][:4].upper(), cwd=suite)
    assert (again.code, again.out.split()[0]) == (1, found["id"])

    (suite / "tests" / "test_a.py").write_text(POLLUTED.replace("STATE.append(1)", "pass"))
    assert cli("replay", found["id"], cwd=suite).code == 0
    (suite / "tests" / "test_a.py").write_text("def broken(:\n")
    assert cli("replay", found["id"], cwd=suite).code == 125


NUMBERED = """
import itertools

NUMBERS = itertools.count(1)

def test_victim():
    assert next(NUMBERS) == 1

def test_two():
    next(NUMBERS)

def test_three():
    next(NUMBERS)
"""


def test_the_error_is_that_of_the_printed_command(cli: Cli, suite: Path) -> None:
    """A whole order may say another value than the order that is shown: what is told is what the command says."""
    (suite / "tests" / "test_a.py").write_text(NUMBERED)
    done = cli("run", "tests", "--orders", "reverse", "--confirm", "1", "--no-roles", cwd=suite)
    (found,) = done.result["findings"]
    assert len(found["minimal_order"]) == 2
    assert found["error"]["message"].startswith("assert 2 == 1")
    assert "AssertionError: assert 2 == 1" in done.out
    replayed = cli("replay", found["id"], cwd=suite)
    assert (replayed.code, "AssertionError: assert 2 == 1" in replayed.out) == (1, True)


def test_replay_runs_the_tree_that_it_is_called_in(cli: Cli, suite: Path) -> None:
    """A copied checkout is tested by itself, a moved one where it is now; a program that is gone is named."""
    found = cli("run", "tests", "--orders", "reverse", "--confirm", "1", "--no-roles", cwd=suite).result["findings"][0]
    copy, moved = suite.with_name("copy"), suite.with_name("moved")
    shutil.copytree(suite, copy)
    (copy / "tests" / "test_a.py").write_text(POLLUTED.replace("STATE.append(1)", "pass"))
    assert (cli("replay", found["id"], cwd=copy).code, cli("replay", found["id"], cwd=suite).code) == (0, 1)
    suite.rename(moved)
    assert cli("replay", found["id"], cwd=moved / "tests").code == 1


@pytest.mark.parametrize(
    ("command", "gone"),
    [
        ("pytest a.py::x", ""),
        ("./bin/pytest a.py::x", ""),
        ("X='1 2' ./old/pytest a.py::x", "./old/pytest"),
        ('PYTHONPATH=.b"${PYTHONPATH:+:$PYTHONPATH}" /nowhere/pytest -p order', "/nowhere/pytest"),
        ("bisect-loop with redis -- ./old/pytest a.py::x", "./old/pytest"),
    ],
)
def test_what_a_replay_lacks(tmp_path: Path, command: str, gone: str) -> None:
    """The program of a stored command, or the folder that it was run in, may be gone."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "pytest").touch()
    assert missing(command, tmp_path) == gone
    assert missing(command, tmp_path / "tests") == str(tmp_path / "tests")


def test_an_order_is_told_of_with_those_who_did_it_there(cli: Cli, suite: Path) -> None:
    """Where another test breaks the victim in another order it is named: as a set besides, else as a finding."""
    source = "STATE = []\n\ndef test_first():\n    STATE.append(1)\n"
    (suite / "tests" / "test_a.py").write_text(source + POLLUTED.replace("STATE = []\n", ""))
    options = ("tests", "--orders", "default,reverse", "--confirm", "1")
    (found,) = cli("run", *options, cwd=suite).result["findings"]
    assert (found["polluters"], found["other_polluting_sets"]) == (["tests/test_a.py::test_first"], [[POLLUTER]])
    done = cli("run", *options, "--no-roles", cwd=suite)
    assert [one["polluters"] for one in done.result["findings"]] == [["tests/test_a.py::test_first"], [POLLUTER]]
    assert [line.split()[2:] for line in done.out.splitlines() if "seen in" in line] == [["default"], ["reverse"]]


def test_given_order_and_victim_pay_for_no_whole_run(cli: Cli, suite: Path) -> None:
    """With the failing order given, only what stands before the victim is run, and no whole order."""
    (suite / "order.txt").write_text(f"{POLLUTER}\n\n{VICTIM}\n")
    done = cli("run", "tests", "--order", "order.txt", "--victim", VICTIM, cwd=suite)
    assert done.code == 1
    assert done.result["orders_tried"] == []
    assert done.result["findings"][0]["polluters"] == [POLLUTER]


def test_an_order_that_does_not_reproduce_says_so(cli: Cli, suite: Path) -> None:
    """A given order that fails nowhere accuses nobody and ends with 0."""
    (suite / "order.txt").write_text(f"{VICTIM}\n{POLLUTER}\n")
    done = cli("run", "tests", "--order", "order.txt", cwd=suite)
    assert (done.code, done.result["findings"]) == (0, [])


def test_nothing_is_left_in_the_tree(cli: Cli, suite: Path) -> None:
    """Only .bisect-loop/ is written, and git ignores it by a file of its own."""
    before = {path.name for path in suite.rglob("*")}
    cli("run", "tests", cwd=suite)
    after = {str(path.relative_to(suite)) for path in suite.rglob("*")}
    assert {name for name in after if not name.startswith(".bisect-loop")} == {
        "tests",
        "pytest.ini",
        "tests/test_a.py",
    }
    assert (suite / ".bisect-loop" / ".gitignore").read_text() == "*\n"
    assert before


def test_run_from_another_directory(cli: Cli, suite: Path, tmp_path: Path) -> None:
    """-C runs as if started there; the printed command is for that directory."""
    done = cli("run", "-C", str(suite / "tests"), cwd=tmp_path)
    assert done.code == 1
    (found,) = done.result["findings"]
    assert found["victim"] == VICTIM
    assert done.out.endswith(f"Run what is printed above in {suite / 'tests'}.\n")
    shown = subprocess.run(found["replay"]["command"], shell=True, cwd=suite / "tests", env=environ(plugins=False))
    assert shown.returncode == 1


def test_fresh_runner_alone_finds_the_same(cli: Cli, suite: Path) -> None:
    """--runner fresh answers as fork does."""
    done = cli("run", "tests", "--runner", "fresh", "--orders", "reverse", "--confirm", "1", "--no-roles", cwd=suite)
    assert done.code == 1
    assert done.result["findings"][0]["polluters"] == [POLLUTER]
    assert done.result["cost"]["trials_fork"] == 0


ALONE = """
import fcntl
from pathlib import Path

import pytest

FILE = open(Path(__file__).with_name("database.lock"), "w")

@pytest.fixture(scope="session", autouse=True)
def alone():
    try:
        fcntl.flock(FILE, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
"""


def test_what_trials_beside_one_another_hide(cli: Cli, suite: Path) -> None:
    """Who gets no lock because another trial holds it pollutes nothing: orders and narrowing say what holds alone."""
    (suite / "conftest.py").write_text(ALONE)
    source = POLLUTED.replace("def test_polluter():\n", "def test_polluter(alone):\n    if alone: ")
    (suite / "tests" / "test_a.py").write_text(source)
    options = ["--runner", "fresh", "--jobs", "2", "--orders", "default,reverse,shuffle:2", "--no-roles"]
    done = cli("run", "tests", *options, cwd=suite)
    (found,) = done.result["findings"]
    assert (found["confirmed"], found["polluters"], found["failure_rate"]) == (True, [POLLUTER], 1.0)
    failing = [tried["name"] for tried in done.result["orders_tried"] if tried["failed"]]
    assert failing == ["reverse", "shuffle:1", "shuffle:2"]
    assert "seen in     reverse   shuffle:1   shuffle:2\n" in done.out


def test_a_suite_with_threads_at_import_is_not_forked(cli: Cli, suite: Path) -> None:
    """Live threads after collection refuse the fork, with the reason shown, and the answer is the same."""
    thread = "import threading\nthreading.Thread(target=threading.Event().wait, daemon=True).start()\n"
    (suite / "conftest.py").write_text(thread)
    done = cli("run", "tests", "--orders", "reverse", "--confirm", "1", "--no-roles", cwd=suite)
    assert done.code == 1
    assert "threads are alive" in done.out + done.err
    assert done.result["cost"]["trials_fork"] == 0


def test_healthy_suite(cli: Cli, suite: Path) -> None:
    """Nothing wrong: exit 0, no finding."""
    (suite / "tests" / "test_a.py").write_text("def test_a(): pass\ndef test_b(): pass\n")
    done = cli("run", "tests", cwd=suite)
    assert (done.code, done.result["findings"]) == (0, [])
    assert "Nothing order-dependent found" in done.out


def test_always_failing_is_nobodys_fault(cli: Cli, suite: Path) -> None:
    """A test that fails in every order and alone is an ordinary failure: exit 0, nobody accused."""
    (suite / "tests" / "test_a.py").write_text("def test_a(): pass\ndef test_b(): assert 0\n")
    done = cli("run", "tests", cwd=suite)
    (found,) = done.result["findings"]
    assert (done.code, found["kind"], found["polluters"]) == (0, "always-fails", [])


def test_working_directory_on_the_path(cli: Cli, suite: Path) -> None:
    """Tests that import from the working directory run as `python -m pytest` runs them, and that is said."""
    (suite / "backend.py").write_text("STATE = []\n")
    source = POLLUTED.replace("STATE = []", "from backend import STATE")
    (suite / "tests" / "test_a.py").write_text(source)
    done = cli("run", "tests", "--orders", "reverse", "--confirm", "1", "--no-roles", cwd=suite)
    assert done.code == 1
    assert " -m pytest " in done.result["findings"][0]["replay"]["command"]
    assert "python -m pytest" in done.err


BAD = [
    (["run", "nowhere"], 4, "nowhere"),
    (["run", "tests", "--victim", "tests/test_a.py::test_victin"], 4, "did you mean tests/test_a.py::test_victim"),
    (["run", "tests", "--order", "missing.txt"], 4, "missing.txt"),
    (["run", "tests", "--order", "unknown.txt"], 4, "unknown.txt:2"),
    (["run", "tests", "--order", "twice.txt"], 4, "twice"),
    (["run", "tests", "--orders", "sideways"], 4, "sideways"),
    (["run", "tests", "--python", "no/python"], 4, "no/python"),
    (["run", "tests", "--env", "NOVALUE"], 4, "NAME=VALUE"),
    (["run", "tests", "--timeout", "soon"], 4, "soon"),
    (["run", "tests", "--no-such-option"], 4, "--no-such-option"),
    (["run", "tests", "--html", "no/folder/x.html"], 4, "no/folder"),
    (["run", "tests", "--service", "kafka"], 4, "kafka"),
    (["run", "tests", "--", "--no-such-pytest-option"], 4, "--no-such-pytest-option"),
    (["run", "empty"], 5, "No tests"),
    (["run", "broken"], 4, "nowhere_to_be_found"),
    (["run", "-C", "nowhere"], 4, "nowhere"),
    (["replay", "f00"], 125, "bisect-loop run"),
    (["report"], 4, "bisect-loop run"),
    (["with", "redis"], 4, "command"),
    (["nonsense"], 4, "nonsense"),
]


@pytest.mark.parametrize(("args", "code", "words"), BAD, ids=[" ".join(args) for args, _, _ in BAD])
def test_bad_input_gets_one_sentence(cli: Cli, suite: Path, args: list[str], code: int, words: str) -> None:
    """Each mistake of the user gives one clear sentence, the promised exit code and no traceback."""
    (suite / "unknown.txt").write_text(f"{VICTIM}\ntests/test_a.py::test_victin\n")
    (suite / "twice.txt").write_text(f"{VICTIM}\n{POLLUTER}\n{VICTIM}\n")
    (suite / "empty").mkdir()
    (suite / "broken").mkdir()
    (suite / "broken" / "test_b.py").write_text("import nowhere_to_be_found\n")
    done = cli(*args, cwd=suite)
    assert done.code == code, done.err
    assert words in done.err
    assert len([line for line in done.err.splitlines() if line.startswith("bisect-loop: ")]) == 1


def test_broken_conftest(cli: Cli, suite: Path) -> None:
    """A conftest that cannot be imported is named with its error."""
    (suite / "conftest.py").write_text("raise ValueError('the broken conftest')\n")
    done = cli("run", "tests", cwd=suite)
    assert done.code == 4
    assert "the broken conftest" in done.err


def test_no_write_permission(cli: Cli, suite: Path) -> None:
    """A tree that cannot be written still gets its answer, and is told that nothing is stored."""
    (suite / ".bisect-loop").write_text("in the way\n")
    done = cli("run", "tests", "--orders", "reverse", "--confirm", "1", cwd=suite)
    assert done.code == 1
    assert "not stored" in done.err
