"""`bisect-loop run --orders xdist:N[:MODE]`, as a user calls it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.xdist import suites
from tests.xdist.drive import plain, run

# Two tests that hold one file of rows, each cleaning up behind itself: in one process all is well.
CLASH = {
    "app.py": """
import os, sqlite3, tempfile, time

def busy(seconds):
    \"\"\"How many rows were seen at most while one of our own was there.\"\"\"
    with sqlite3.connect(os.path.join(tempfile.gettempdir(), "app.db"), timeout=30) as db:
        db.execute("create table if not exists users (name text)")
        db.execute("insert into users values ('x')")
        db.commit()
        most, until = 0, time.monotonic() + seconds
        while time.monotonic() < until and most < 2:
            (count,) = db.execute("select count(*) from users").fetchone()
            most = max(most, count)
            time.sleep(0.02)
        time.sleep(0.1)
        db.execute("delete from users where rowid = (select min(rowid) from users)")
        db.commit()
    return most
""",
    "test_a.py": """
import app

def test_import(): app.busy(0.8)
def test_a2(): pass
def test_a3(): pass
""",
    "test_b.py": """
import app

def test_counts(): assert app.busy(0.8) == 1
def test_b2(): pass
def test_b3(): pass
""",
}
IMPORTS, COUNTS = "test_a.py::test_import", "test_b.py::test_counts"

SOUND = "import pytest\n@pytest.mark.parametrize('i', range(5))\ndef test_x(i, tmp_path, worker_id): pass\n"
HEALTHY = dict.fromkeys(("test_a.py", "test_b.py", "test_c.py"), SOUND)


def test_a_clash_of_workers_is_cross_process(tmp_path: Path) -> None:
    """Two tests that clash over one database only while both run: said so, with k of n, by a command that shows it,
    and no other test is named."""
    root = suites.write(tmp_path / "suite", CLASH)
    done = run(root, "--orders", "default,xdist:2:loadfile", "--confirm", "2")
    assert done.code == 1, done.out
    (found,) = done.result["findings"]
    assert (found["kind"], found["victim"], found["confirmed"]) == ("cross-process", COUNTS, True), done.out
    assert found["polluters"] == [IMPORTS]
    assert found["minimal_order"] == [IMPORTS, COUNTS]
    assert {lane["tests"][0] for lane in found["lanes"]} == {IMPORTS, COUNTS}
    failed, runs = found["confirmation"]["minimal_failed"]
    assert 0 < failed <= runs
    assert found["needs"]["workers"] == 2
    assert [tried["name"] for tried in done.result["orders_tried"]] == ["default", "xdist:2:loadfile"]
    assert " -n 2 " in found["replay"]["command"]
    assert plain(root, found["replay"]["command"]) == 1
    assert "only while another worker runs" in done.out


def test_a_healthy_suite_stays_healthy_on_workers(tmp_path: Path) -> None:
    """Nothing wrong in one process or in several: exit 0, no finding, and no trace in the tree."""
    root = suites.write(tmp_path / "suite", HEALTHY)
    done = run(root, "--orders", "default,xdist:2,xdist:3:worksteal")
    assert (done.code, done.result["findings"]) == (0, []), done.out
    assert {path.name for path in root.iterdir()} == {*HEALTHY, "pytest.ini", ".bisect-loop"}


def test_the_name_of_the_worker_is_put_into_the_command(tmp_path: Path) -> None:
    """A pair that needs a fixture to say "gw..." is shown by a command with that identity, which says so."""
    files = {
        "test_a.py": "KEPT = []\ndef test_polluter(worker_id):\n    if worker_id != 'master': KEPT.append(1)\n"
        "def test_between(): pass\ndef test_victim(): assert not KEPT\n",
        "test_b.py": "def test_b(): pass\n",
    }
    root = suites.write(tmp_path / "suite", files)
    done = run(root, "--orders", "default,reverse,xdist:2:loadfile", "--confirm", "1", "--no-roles")
    (found,) = done.result["findings"]
    assert (found["kind"], found["confirmed"]) == ("victim", True), done.out
    assert found["minimal_order"] == ["test_a.py::test_polluter", "test_a.py::test_victim"]
    assert found["worker"]["count"] == 2
    assert f"--tx popen//id={found['worker']['id']}" in found["replay"]["command"]
    assert plain(root, found["replay"]["command"]) == 1
    assert f"the identity of worker {found['worker']['id']} of 2" in done.out


def test_a_test_that_fails_as_one_worker_accuses_nobody(tmp_path: Path) -> None:
    """What fails as a worker whatever runs before it is no matter of order: exit 0, and it is said what it takes."""
    files = {"test_a.py": "def test_a(): pass\ndef test_master(worker_id): assert worker_id == 'master'\n"}
    done = run(suites.write(tmp_path / "suite", files), "--orders", "default,xdist:2", "--confirm", "1")
    (found,) = done.result["findings"]
    assert (done.code, found["kind"], found["polluters"]) == (0, "always-fails", []), done.out
    assert "whatever ran before" in done.out


def test_a_brittle_test_is_found_where_only_workers_were_asked_for(tmp_path: Path) -> None:
    """A test whose state-setter ran on another worker fails there; the setter is named, from one process."""
    files = {
        "test_a.py": "import state\ndef test_sets(): state.READY = True\ndef test_a2(): pass\n",
        "test_b.py": "import state\ndef test_needs(): assert state.READY\ndef test_b2(): pass\n",
        "state.py": "READY = False\n",
    }
    root = suites.write(tmp_path / "suite", files)
    done = run(root, "--orders", "xdist:2:loadfile", "--confirm", "1", "--no-roles")
    (found,) = done.result["findings"]
    assert (found["kind"], found["setters"]) == ("brittle", ["test_a.py::test_sets"]), done.out
    assert (done.code, found["confirmed"], found["worker"]) == (1, True, None)


def test_a_crash_on_a_worker_is_said(tmp_path: Path) -> None:
    """A worker that dies is noted by name and place, and the run goes on to its end."""
    ending = suites.ENDING["test_e.py"].replace('os.environ["HOW"] == "crash"', "True")
    root = suites.write(tmp_path / "suite", {**suites.ENDING, "test_e.py": ending})
    done = run(root, "--orders", "xdist:2:loadfile", "--confirm", "1", "--no-roles")
    assert done.code == 0, done.out
    assert "order xdist:2:loadfile did not run to its end: worker gw" in done.out
    assert "crashed in test_e.py::test_ends" in done.out


@pytest.mark.parametrize(("orders", "code"), [("default,xdist:2", 0), ("xdist:2,xdist:3:loadfile", 4)])
def test_without_xdist(tmp_path: Path, orders: str, code: int) -> None:
    """Without xdist one sentence says so; only where nothing else was asked for is it an error."""
    root = suites.write(tmp_path / "suite", {"test_a.py": "def test_a(): pass\n"}, ini="[pytest]\n")
    done = run(root, "--orders", orders)
    assert done.code == code, done.out
    said = [line for line in done.out.splitlines() if "xdist:2" in line and "xdist" in line]
    assert said and "pytest-xdist" in done.out
    assert [tried["name"] for tried in done.result.get("orders_tried", [])] == (["default"] if code == 0 else [])
