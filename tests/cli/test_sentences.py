"""What goes wrong before and while a suite runs is said in one line, however long pytest's own text is."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Cli

LONG = 'ValueError("the first line\\nthe second line\\n\\nthe last line")'


def test_internal_error_before_any_test(cli: Cli, suite: Path) -> None:
    """An INTERNALERROR while pytest starts is one sentence that says how to see all of it."""
    (suite / "conftest.py").write_text(f"def pytest_sessionstart():\n    raise {LONG}\n")
    done = cli("run", "tests", cwd=suite)
    assert done.code == 4
    (line,) = done.err.splitlines()
    assert line.startswith("bisect-loop: pytest fails before any test is run: ValueError: the first line (")
    assert "conftest.py:2)" in line
    assert "--collect-only" in line


def test_internal_error_in_the_middle_of_an_order(cli: Cli, suite: Path) -> None:
    """The note on an order that an INTERNALERROR cut short is one line."""
    hook = f"def pytest_runtest_logreport(report):\n    if 'test_innocent_two' in report.nodeid: raise {LONG}\n"
    (suite / "conftest.py").write_text(hook)
    done = cli("run", "tests", "--orders", "default", cwd=suite)
    assert "ValueError: the first line" in done.out
    assert "the second line" not in done.err + done.out


@pytest.mark.parametrize("more", [(), ("--coverage",)], ids=["plain", "coverage"])
def test_an_interpreter_that_does_not_start(cli: Cli, suite: Path, more: tuple[str, ...]) -> None:
    """A file that is no program is named, with what the system said of it, whatever is asked of it first."""
    (suite / "no-program").touch()
    done = cli("run", "tests", "--python", "./no-program", *more, cwd=suite)
    assert done.code == 4
    assert (
        done.err
        == f"bisect-loop: pytest does not start: {suite / 'no-program'} cannot be started: Permission denied.\n"
    )
