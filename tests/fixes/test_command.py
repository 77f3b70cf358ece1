"""From a failing suite to a mended one, on the command line."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.cli.conftest import Cli, cli

__all__ = ["cli"]

APP = """
import asyncio

_TURN = None  # taken by whoever writes


def open_desk():
    global _TURN
    _TURN = asyncio.Lock()


async def write(seconds=0):
    if _TURN is None:
        return "written"
    async with _TURN:
        await asyncio.sleep(seconds)
        return "written"
"""
TESTS = """
import asyncio
import desk

async def test_victim():
    assert await asyncio.gather(desk.write(), desk.write()) == ["written"] * 2

async def test_polluter():
    desk.open_desk()
    assert await asyncio.gather(desk.write(0.01), desk.write()) == ["written"] * 2
"""
CONFTEST = """
import asyncio
import pytest
import kitchen

@pytest.fixture
async def cook():
    return asyncio.create_task(kitchen.cook())
"""
KITCHEN = """
import asyncio

INBOX = asyncio.Queue()
OPEN = False

async def cook():
    while True:
        ticket = await INBOX.get()
        ticket.set()
"""
KITCHEN_TESTS = """
import asyncio
import kitchen

async def test_a_ticket_waits():
    kitchen.INBOX.put_nowait(asyncio.Event())
    await asyncio.sleep(0)
    assert kitchen.INBOX.qsize() == 1
    kitchen.INBOX.get_nowait()

async def test_the_cook_takes_it(cook):
    ticket = asyncio.Event()
    kitchen.INBOX.put_nowait(ticket)
    await asyncio.wait_for(ticket.wait(), 10)

def test_dinner_is_served():
    assert kitchen.OPEN

def test_the_kitchen_opens():
    kitchen.OPEN = True
"""
ONE_LOOP = "".join(f'asyncio_default_{what}_loop_scope = "session"\n' for what in ("fixture", "test"))
CONFIG = '[tool.pytest.ini_options]\npythonpath = ["src"]  # src layout\nasyncio_mode = "auto"\n'


def test_a_verified_fix_is_shown_and_written(cli: Cli, tmp_path: Path) -> None:
    """The run offers what its own runs verified and shows what they rejected; --fix writes it; replay passes."""
    root = tmp_path / "desk"
    (root / "src").mkdir(parents=True)
    (root / "tests").mkdir()
    (root / "src" / "desk.py").write_text(APP)
    (root / "tests" / "test_desk.py").write_text(TESTS)
    (root / "pyproject.toml").write_text(CONFIG)
    git = ["git", "-C", str(root), "-c", "user.name=x", "-c", "user.email=x@example.org"]
    subprocess.run([*git, "init", "-q"], check=True)
    subprocess.run([*git, "add", "."], check=True)
    subprocess.run([*git, "commit", "-qm", "x"], check=True)
    options = (
        "--all-fixes",
        "--orders",
        "reverse",
        "--confirm",
        "2",
        "--no-roles",
        "--",
        "-p",
        "pytest_asyncio.plugin",
    )

    done = cli("run", *options, cwd=root, fixes=True)
    (finding,) = done.result["findings"]
    fixes = {fix["kind"]: fix for fix in finding["fixes"]}
    reset, loop, alone = fixes["reset-singleton"], fixes["session-loop"], fixes["session-fixture-loop"]

    assert done.code == 1
    assert [fix["works"] for fix in finding["fixes"]] == sorted(
        (fix["works"] for fix in finding["fixes"]), reverse=True
    )
    assert reset["verified"] == loop["verified"] == [2, 2]
    assert reset["runs"] == {"in order": [2, 2], "reversed": [1, 1], "victim alone": [1, 1], "polluter alone": [1, 1]}
    assert alone["verified"] == [0, 1]
    assert alone["note"] == "the victim fails as before"
    assert not subprocess.run([*git, "status", "--porcelain"], capture_output=True).stdout
    first = finding["fixes"][0]
    assert f"`bisect-loop run --fix {finding['id']}`" in done.out
    assert "rejected 0/1" in done.out

    (root / "pyproject.toml").write_text(f"{CONFIG}# not committed\n")
    refused = cli("run", "--fix", finding["id"], cwd=root)
    assert refused.code == 4
    assert "not committed (pyproject.toml)" in refused.err
    (root / "pyproject.toml").write_text(CONFIG)
    written = cli("run", "--fix", finding["id"], cwd=root)
    assert written.code == 0, written.err
    assert first["title"] in written.out
    shown = subprocess.run([*git, "diff", "--no-color", "HEAD"], capture_output=True, text=True).stdout
    new = [line for line in first["diff"].splitlines() if line.startswith("+") and not line.startswith("+++")]
    made = (root / first["where"].partition(":")[0]).read_text()
    assert all(line[1:] in made for line in new), shown
    replayed = cli("replay", finding["id"], cwd=root)
    assert replayed.code == 0, replayed.out


def test_a_task_is_cancelled_and_a_brittle_test_brings_its_state(cli: Cli, tmp_path: Path) -> None:
    """Both are mended in their own way, each fix shown with what was run; what is no mend is rejected by its run."""
    root = tmp_path / "kitchen"
    (root / "src").mkdir(parents=True)
    (root / "tests").mkdir()
    (root / "src" / "kitchen.py").write_text(KITCHEN)
    (root / "tests" / "conftest.py").write_text(CONFTEST)
    (root / "tests" / "test_kitchen.py").write_text(KITCHEN_TESTS)
    (root / "pyproject.toml").write_text(CONFIG + ONE_LOOP)
    options = ("--all-fixes", "--orders", "default,reverse", "--confirm", "2", "--", "-p", "pytest_asyncio.plugin")

    done = cli("run", *options, cwd=root, fixes=True)
    fixes = {
        found["victim"].partition("::")[2]: {fix["kind"]: fix for fix in found["fixes"]}
        for found in done.result["findings"]
    }
    task, state = fixes["test_a_ticket_waits"]["cancel-in-fixture"], fixes["test_dinner_is_served"]["state-in-fixture"]

    others = {"reversed": [1, 1], "all of their files": [1, 1]}
    assert task["runs"] == {"in order": [2, 2], "victim alone": [1, 1], "polluter alone": [1, 1], **others}
    assert state["runs"] == {"victim alone": [2, 2], "after its setter": [1, 1], **others}
    assert task["works"] and state["works"]
    assert task["where"] == "tests/conftest.py:8"
    assert "it costs: the values are those that were seen" in done.out


def test_what_breaks_another_test_of_the_same_files_is_no_mend(cli: Cli, tmp_path: Path) -> None:
    """The put-back passes its own runs, but a test that no finding is about counts on what it takes away."""
    root = tmp_path / "bar"
    (root / "tests").mkdir(parents=True)
    (root / "bar.py").write_text("TAPS = []\n")
    (root / "tests" / "test_a.py").write_text(
        "import bar\n\ndef test_tap():\n    bar.TAPS.append(1)\n\n"
        "def test_pour():\n    assert bar.TAPS or not bar.TAPS.append(2)\n\n"
        "def test_drink():\n    assert bar.TAPS\n"
    )
    (root / "tests" / "test_b.py").write_text("import bar\n\ndef test_dry():\n    assert not bar.TAPS\n")
    (root / "pyproject.toml").write_text('[tool.pytest.ini_options]\npythonpath = ["."]\n')
    options = ("--orders", "default", "--confirm", "2", "--no-roles")

    done = cli("run", *options, cwd=root, fixes=True)
    (finding,) = [one for one in done.result["findings"] if one["victim"].endswith("test_dry")]
    (put_back,) = finding["fixes"]

    assert put_back["runs"]["in order"] == [2, 2]
    assert put_back["runs"]["all of their files"] == [0, 1]
    assert not put_back["works"]
    assert put_back["note"].startswith("all of their files: tests/test_a.py::test_drink fails with it (")
    assert put_back["verified"] == [5, 6]
    assert "rejected 5/6" in done.out
