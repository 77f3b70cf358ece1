"""The digest of a suite's files."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from bisect_loop.history import fingerprint


def write(path: Path, text: str = "x") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    write(tmp_path / "tests" / "test_a.py")
    write(tmp_path / "pyproject.toml")
    return tmp_path


def touch(path: Path) -> None:
    status = path.stat()
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns + 1))


CHANGES: dict[str, Callable[[Path], object]] = {
    "changed": lambda root: write(root / "tests/test_a.py", "longer"),
    "touched": lambda root: touch(root / "pyproject.toml"),
    "added": lambda root: write(root / "tests/sub/data.json"),
    "removed": lambda root: (root / "tests/test_a.py").unlink(),
    "renamed": lambda root: (root / "tests/test_a.py").rename(root / "tests/test_b.py"),
    "a package called build": lambda root: write(root / "tests/build/test_c.py"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_of_the_suite_changes_it(suite: Path, change: str) -> None:
    """Contents, times, names, additions and removals all show."""
    before = fingerprint(suite)

    CHANGES[change](suite)

    assert fingerprint(suite) != before


@pytest.mark.parametrize(
    "path",
    [
        "notes.md",
        ".git/config.txt",
        ".bisect-loop/history.json",
        "node_modules/x/package.json",
        "tests/__pycache__/x.py",
        ".tox/py/x.py",
        "build/lib/x.py",
        "demo.egg-info/requires.txt",
        "env/lib/python3/site.py",
    ],
)
def test_what_is_no_source_does_not_count(suite: Path, path: str) -> None:
    """Caches, version control, environments and other files leave it as it is."""
    write(suite / "env" / "pyvenv.cfg")
    before = fingerprint(suite)

    write(suite / path)

    assert fingerprint(suite) == before


def test_it_hangs_on_the_suite_and_not_on_its_place(suite: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """A moved checkout, and a relative path to it, give the same digest."""
    before = fingerprint(suite)
    moved = suite.rename(tmp_path_factory.mktemp("elsewhere") / "suite")

    assert fingerprint(moved) == before


def test_what_the_tool_writes_there_can_be_ignored(suite: Path) -> None:
    """The report of the last run does not make the next one a run of another suite."""
    report = suite / "out.json"
    before = fingerprint(suite, ignore=[report])

    write(report)

    assert fingerprint(suite, ignore=[report]) == before != fingerprint(suite)


def test_links_in_circles_and_broken_links_are_no_trouble(suite: Path) -> None:
    """A link to a parent folder is not followed, a link to nowhere counts as absent."""
    before = fingerprint(suite)

    (suite / "tests" / "loop").symlink_to(suite)
    (suite / "tests" / "nowhere.py").symlink_to(suite / "gone.py")

    assert fingerprint(suite) == before


def test_nothing_there_is_no_error(tmp_path: Path) -> None:
    """A root that cannot be read gives the digest of no files."""
    assert fingerprint(tmp_path / "gone") == fingerprint(tmp_path)


def test_names_that_are_not_utf_8(suite: Path) -> None:
    """A file name of any bytes counts."""
    before = fingerprint(suite)

    write(suite / os.fsdecode(b"test_\xff.py"))

    assert fingerprint(suite) != before
