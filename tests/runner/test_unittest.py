"""Failures that pytest learns of late: those of unittest, whose exception is not there when a report is first made."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bisect_loop.model import Condition, Signature, Trial
from bisect_loop.runner import Runner
from bisect_loop.runner.fork import ForkRunner
from bisect_loop.runner.fresh import FreshRunner
from bisect_loop.runner.plain import PlainRunner
from bisect_loop.runner.target import Slots, Target
from bisect_loop.runner.workspace import Workspace

SOURCE = """\
import unittest

class TestCase(unittest.TestCase):
    def test_error(self):
        raise ValueError("broken")

    def test_assertion(self):
        self.assertEqual(1, 2)

    def test_cleanup(self):
        self.addCleanup(self.broken)

    def broken(self):
        raise KeyError("cleanup")

    def test_part(self):
        for number in range(3):
            with self.subTest(number=number):
                if number == 1:
                    raise ValueError("part")
"""
FILE = "tests/test_case.py"
EXPECTED = {
    "test_error": ("ValueError", f"{FILE}:5", "broken", "call"),
    "test_assertion": ("AssertionError", f"{FILE}:8", "1 != 2", "call"),
    "test_cleanup": ("KeyError", f"{FILE}:14", "'cleanup'", "call"),
    "test_part": ("ValueError", f"{FILE}:20", "part", "call"),
}
CONDITION = Condition(args=("tests", "-p", "no:randomly"))


def nodeid(name: str) -> str:
    return f"{FILE}::TestCase::{name}"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    made = tmp_path / "suite"
    (made / "tests").mkdir(parents=True)
    (made / FILE).write_text(SOURCE)
    (made / "pytest.ini").write_text("[pytest]\n")
    return made


@pytest.fixture(params=["fork", "fresh"])
def runner(request: pytest.FixtureRequest, target: Target, workspace: Workspace, slots: Slots) -> Iterator[Runner]:
    made: ForkRunner | FreshRunner
    if request.param == "fork":
        made = ForkRunner(target, workspace, slots, CONDITION, 60.0)
        made.start()
    else:
        made = FreshRunner(target, workspace, slots)
    yield made
    made.close()


def facts(signatures: tuple[Signature, ...]) -> tuple[str, str, str, str]:
    first = signatures[0]
    return first.type, first.where, first.message, first.phase


@pytest.mark.parametrize("name", EXPECTED)
def test_exception_and_line_of_a_unittest_failure(runner: Runner, name: str) -> None:
    """A failing TestCase has the type, line and message of what it raised, as a test function has."""
    outcome = runner.run(Trial((nodeid(name),), CONDITION, timeout=60.0)).of(nodeid(name))
    assert outcome is not None
    assert facts(outcome.signatures) == EXPECTED[name]


def test_plain_pytest_shows_the_same_signature(target: Target, workspace: Workspace) -> None:
    """However plain pytest prints a traceback, a unittest failure there is the one that a trial showed."""
    text = f"{target.python} -m pytest -p no:randomly tests"
    result = PlainRunner(target, workspace).run(text, 60.0)
    seen = {outcome.nodeid: facts(outcome.signatures) for outcome in result.failed}
    assert seen == {nodeid(name): expected for name, expected in EXPECTED.items()}


def test_what_an_example_of_a_doctest_raised(root: Path, target: Target, workspace: Workspace) -> None:
    """It is told of with its own type, text and line, not as the exception of doctest that stands for it."""
    (root / "shop.py").write_text('def half(n):\n    """\n    >>> half(0)\n    1\n    """\n    return n / 0\n')
    text = f"{target.python} -m pytest -p no:randomly --doctest-modules shop.py"
    (failed,) = PlainRunner(target, workspace).run(text, 60.0).failed
    assert facts(failed.signatures) == ("ZeroDivisionError", "shop.py:6", "division by zero", "call")
