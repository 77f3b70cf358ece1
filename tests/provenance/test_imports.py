"""What is made when a module is imported: traced in a process of its own, and told apart from what a test makes."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from bisect_loop.model import Change, Condition, Trial, TrialResult
from bisect_loop.provenance.changes import changes
from bisect_loop.provenance.explain import explain
from bisect_loop.provenance.record import read
from bisect_loop.provenance.source import Sources
from bisect_loop.runner.fresh import FreshRunner
from bisect_loop.runner.target import Slot, Slots, Target, without_outer_pytest
from bisect_loop.runner.workspace import Workspace
from tests.provenance.test_harnesses import APP

FILES = {
    "app.py": APP,
    "test_at_import.py": """
import asyncio

import app

asyncio.run(app.use())


def test_nothing():
    pass
""",
    "test_victim.py": """
import asyncio

import app


def test_victim():
    assert asyncio.run(app.use()) == "good"
""",
}
PLAIN = Condition(args=("-p", "no:asyncio", "-p", "no:anyio", "-p", "no:randomly"))
VICTIM = "test_victim.py::test_victim"


def traced(root: Path, files: dict[str, str], trial: Trial) -> TrialResult:
    for name, text in files.items():
        (root / name).write_text(text)
    with Workspace() as workspace:
        target = Target(sys.executable, root, without_outer_pytest(os.environ))
        return FreshRunner(target, workspace, Slots([Slot()])).run(trial)


@pytest.mark.parametrize("condition", [PLAIN, Condition(args=("-p", "no:randomly"))], ids=["late", "early"])
def test_what_an_import_binds_is_seen(tmp_path: Path, condition: Condition) -> None:
    """Whether a plugin has imported asyncio or the user's module is the first to: the module stands for a test."""
    result = traced(tmp_path, FILES, Trial((VICTIM,), condition, timeout=60, traced=True))
    assert [outcome.result for outcome in result.outcomes] == ["failed"]
    found = explain(read(result.trace), ["test_at_import.py"], result.outcomes[0].signatures[0], Sources(tmp_path))
    assert found is not None
    cause = found.cause()
    assert (cause.resource, cause.holder, cause.bound_at) == ("asyncio.Lock", "app.LOCK", "app.py:4")
    assert (cause.bound_by, cause.loop_made_by, cause.loop_closed_after) == ("test_at_import.py",) * 3
    assert (cause.used_at, cause.confidence) == ("test_victim.py:8", "proved")


def test_what_an_import_changes_is_told(tmp_path: Path) -> None:
    """The module is named, with what it changed in other modules and in the process; what it brought is no change."""
    files = {
        "app.py": "LIMITS = {'a': 1}\n",
        "conftest.py": "import app\n",
        "extra.py": "FLAG = True\n",
        "test_at_import.py": "import os\nimport app\nimport extra\n\napp.LIMITS['a'] = 2\nos.environ['MODE'] = 'x'\n",
        "test_victim.py": "import app\n\n\ndef test_victim():\n    assert app.LIMITS['a'] == 1\n",
    }
    collect = ("test_at_import.py", "test_victim.py")
    trial = Trial((VICTIM,), Condition(args=("-p", "no:randomly")), collect=collect, timeout=60, traced=True)
    result = traced(tmp_path, files, trial)
    found = changes(read(result.trace), ["test_at_import.py"], Sources(tmp_path))
    assert found == (
        Change("app.LIMITS['a']", "1", "2", "test_at_import.py", "dict", True),
        Change("os.environ['MODE']", "", "'x'", "test_at_import.py"),
    )
