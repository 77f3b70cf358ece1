"""The words of a printed command."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from bisect_loop.model import Condition, Suite
from bisect_loop.runner.command import Commander
from bisect_loop.runner.target import Target


def commander(root: Path, *neutral: str) -> Commander:
    suite = Suite(str(root), ("test_a.py::test_x",), "3.11.0", "9.0.0")
    target = Target(sys.executable, root, {})
    return Commander(target, suite, frozenset({"tests"}), neutral, root / "store")


@pytest.mark.parametrize(
    "words", ["-n 2 --dist loadfile", "-n4", "-nauto", "--numprocesses=2 --dist=load", "--tx 2*popen", "-n logical"]
)
def test_workers_that_are_taken_back_are_not_asked_for(tmp_path: Path, words: str) -> None:
    """One process runs the order: what CI's own command says of workers is left out, all else stays."""
    condition = Condition(("tests", *words.split(), "-m", "not slow", "--no-header"))
    text = commander(tmp_path, "-n0").by_ids(condition, ["test_a.py::test_x"], name="f").text
    assert text.partition("pytest ")[2] == "-m 'not slow' --no-header -n0 test_a.py::test_x"
    assert "--dist" in commander(tmp_path).by_ids(condition, ["a"], name="f").text or "--dist" not in words


def test_a_file_is_never_overwritten_by_another_order(tmp_path: Path) -> None:
    """Long orders go to a file whose name tells its content, so that a command printed before keeps its own."""
    made = commander(tmp_path)
    orders = [[f"test_a.py::test_{number}" for number in range(start, start + 40)] for start in (0, 1)]
    first, second = (made.by_ids(Condition(), order, name="alone").files[0] for order in orders)
    assert first[0] != second[0]
    assert made.by_ids(Condition(), orders[0], name="alone").files[0] == first
