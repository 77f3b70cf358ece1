"""`bisect-loop run --orders xdist:N[:MODE]`: what no order of one process has, as a user sees it."""

from __future__ import annotations

from pathlib import Path

from tests.xdist import suites
from tests.xdist.drive import run

QUICK = ("--confirm", "1", "--no-roles", "--no-fixes")


def test_a_test_that_fails_as_a_worker_accuses_nobody(tmp_path: Path) -> None:
    """What fails as a worker whatever runs before it is no matter of order: exit 0, and it is said what it takes."""
    files = {"test_a.py": "def test_a(): pass\ndef test_master(worker_id): assert worker_id == 'master'\n"}
    done = run(suites.write(tmp_path / "suite", files), "--orders", "xdist:2", *QUICK)
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
    done = run(suites.write(tmp_path / "suite", files), "--orders", "xdist:2:loadfile", *QUICK)
    (found,) = done.result["findings"]
    assert (found["kind"], found["setters"]) == ("brittle", ["test_a.py::test_sets"]), done.out
    assert (done.code, found["confirmed"], found["worker"]) == (1, True, None)


def test_without_xdist(tmp_path: Path) -> None:
    """Without xdist one sentence says so, and the orders of one process are run."""
    root = suites.write(tmp_path / "suite", {"test_a.py": "def test_a(): pass\n"}, ini="[pytest]\n")
    done = run(root, "--orders", "default,xdist:2")
    assert done.code == 0, done.out
    assert "left out xdist:2: pytest-xdist is not among the plugins" in " ".join(done.out.split())
    assert [tried["name"] for tried in done.result["orders_tried"]] == ["default"]
