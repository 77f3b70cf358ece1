"""--fix writes what was verified, into a tree that git could restore, or not at all."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from bisect_loop.cli.fix import write_fix
from bisect_loop.fixes.apply import Refused, chosen, write
from bisect_loop.fixes.model import Candidate, Edit
from bisect_loop.fixes.patch import diff_of
from bisect_loop.fixes.tree import CopyError, copied
from bisect_loop.fixes.trial import FixTrials
from bisect_loop.history import FindingContext, History
from bisect_loop.model import Condition, Ending, Finding, Fix, Signature, TrialResult

FIX = Fix(
    "guard",
    "app.py:1",
    diff_of([Edit("app.py", "go()\n", "if 1:\n    go()\n"), Edit("tests/conftest.py", None, "import app\n")]),
    (3, 3),
)
REJECTED = Fix("reset-singleton", "tests/conftest.py:1", "", (0, 1))
FINDING = Finding("victim", "t.py::v", Signature("E", "", "", "call"), ("t.py::p", "t.py::v"), fixes=(FIX, REJECTED))


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / "app.py").write_text("go()\n")
    return tmp_path


def git(tree: Path, *words: str) -> None:
    identity = ("-c", "user.name=x", "-c", "user.email=x@example.org")
    subprocess.run(["git", "-C", str(tree), *identity, *words], check=True, capture_output=True)


def test_it_is_written_where_git_is_clean_and_only_once(tree: Path) -> None:
    """Files are changed and made; a second time the tree has changed, and nothing is written."""
    git(tree, "init", "-q")
    git(tree, "add", ".")
    git(tree, "commit", "-qm", "x")
    (tree / "untracked.txt").write_text("nobody's business")

    assert write(tree, chosen(FINDING, 1)) == ["app.py", "tests/conftest.py"]
    assert (tree / "app.py").read_text() == "if 1:\n    go()\n"
    assert (tree / "tests" / "conftest.py").read_text() == "import app\n"
    with pytest.raises(Refused, match=r"not committed \(app\.py\)"):
        write(tree, FIX)
    with pytest.raises(Refused, match=r"has changed around line 1"):
        write(tree, FIX, force=True)


def test_what_git_does_not_know_is_named(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A new file is in no diff of git's: it is said to be new, and where to look."""
    with History.open(tree) as history:
        history.save_finding(FINDING, FindingContext(Condition()))
    assert write_fix(FINDING.id, tree, force=True) == 0
    said = capsys.readouterr().out
    assert "wrote app.py\nwrote tests/conftest.py, a new file\n" in said
    assert "`git status` and `git diff` show" in said


def test_without_git_it_takes_force(tree: Path) -> None:
    """What could not be taken back is written only on demand."""
    with pytest.raises(Refused, match="no git repository"):
        write(tree, FIX)
    assert (tree / "app.py").read_text() == "go()\n"
    assert write(tree, FIX, force=True) == ["app.py", "tests/conftest.py"]


def test_only_verified_fixes_can_be_chosen(tree: Path) -> None:
    """What was rejected cannot be had by any number, nor what leads out of the tree."""
    with pytest.raises(Refused, match="has one verified fix"):
        chosen(FINDING, 2)
    with pytest.raises(Refused, match="no fix that was verified"):
        chosen(Finding("victim", "v", Signature("E", "", "", "call"), ("v",), fixes=(REJECTED,)), 1)
    outside = Fix("guard", "x", diff_of([Edit("../out.py", None, "x\n")]), (1, 1))
    with pytest.raises(Refused, match="outside"):
        write(tree, outside, force=True)
    assert not (tree.parent / "out.py").exists()


def test_a_copy_has_the_tree_and_not_what_is_nobodys_source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sources are copied, environments linked to, version control left out; a tree that is too big is refused."""
    here = tmp_path / "here"
    for folder in (".git", "pkg", "env-of-mine"):
        (here / folder).mkdir(parents=True)
    (here / "pkg" / "a.py").write_text("A = 1\n")
    (here / "pkg" / "link.py").symlink_to("a.py")
    (here / "env-of-mine" / "pyvenv.cfg").write_text("")
    copy = copied(here, here / "inner" / "copy")

    assert sorted(path.name for path in copy.there.iterdir()) == ["env-of-mine", "pkg"]
    assert (copy.there / "env-of-mine").is_symlink()
    assert (copy.there / "pkg" / "link.py").resolve() == copy.there.resolve() / "pkg" / "a.py"
    assert copy.environ({"PYTHONPATH": f"{here}/pkg:/else"})["PYTHONPATH"] == f"{copy.there}/pkg:/else"
    copy.write(here, [Edit("pkg/a.py", "A = 1\n", "A = 2\n"), Edit("pkg/b.py", None, "B = 1\n")])
    assert (here / "pkg" / "a.py").read_text() == "A = 1\n"
    assert (copy.there / "pkg" / "a.py").read_text() == "A = 2\n"
    copy.take_back(here, [Edit("pkg/a.py", "A = 1\n", "A = 2\n"), Edit("pkg/b.py", None, "B = 1\n")])
    assert (copy.there / "pkg" / "a.py").read_text() == "A = 1\n"
    assert not (copy.there / "pkg" / "b.py").exists()
    monkeypatch.setattr("bisect_loop.fixes.tree._MOST_FILES", 1)
    with pytest.raises(CopyError, match="too big"):
        copied(here, tmp_path / "second")


def test_a_module_that_comes_from_the_original_is_noticed(tmp_path: Path) -> None:
    """Where the tests import an edited file from the user's own tree, what they show says nothing of the edit."""
    (tmp_path / "app.py").write_text("")
    commander: Any = SimpleNamespace(suite=SimpleNamespace(root=str(tmp_path)))
    nothing: Any = None
    trials = FixTrials(nothing, commander, nothing, Condition(), nothing, nothing, nothing, 3, 1.0)
    candidate = Candidate("guard", "", "app.py:1", (Edit("app.py", "", "X = 1\n"),))

    def imported(*files: str) -> TrialResult:
        event = json.dumps({"k": "trace", "what": "imported", "files": files})
        return TrialResult((), Ending.FINISHED, "fresh", trace=(event,))

    assert trials.from_original(candidate, imported(str(tmp_path / "app.py"))) == "app.py"
    assert trials.from_original(candidate, imported("/copy/app.py")) == ""
