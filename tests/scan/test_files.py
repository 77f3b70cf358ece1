"""Which files are read, and what happens with those that cannot be."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from bisect_loop.scan import ScanConfig, SettingsError, scan

from .writing import found, scanned, write

CLIENT = "import httpx\nclient = httpx.AsyncClient()\n"


@pytest.mark.parametrize("folder", [".git", ".venv", "venv", "node_modules", "build", "dist", ".tox", "x.egg-info"])
def test_what_is_not_the_projects_own_is_skipped(tmp_path: Path, folder: str) -> None:
    """Environments, repositories and build output are left out wherever they lie."""
    report = scanned(tmp_path, {f"{folder}/mod.py": CLIENT, f"pkg/{folder}/mod.py": CLIENT, "own.py": CLIENT})
    assert found(report) == [("own.py", 2, "BL001")]


def test_an_environment_is_known_by_its_file(tmp_path: Path) -> None:
    """A virtual environment of any name is left out."""
    report = scanned(tmp_path, {"env311/pyvenv.cfg": "home = /usr", "env311/lib/mod.py": CLIENT})
    assert report.files == 0


def test_a_package_called_build_is_read(tmp_path: Path) -> None:
    """Only a directory without __init__.py is build output."""
    report = scanned(tmp_path, {"build/__init__.py": "", "build/mod.py": CLIENT})
    assert found(report) == [("build/mod.py", 2, "BL001")]


def test_a_named_file_is_read_even_where_it_would_be_skipped(tmp_path: Path) -> None:
    """What the user names is meant."""
    write(tmp_path, {"build/mod.py": CLIENT})
    assert found(scan([tmp_path / "build/mod.py"], tmp_path)) == [("build/mod.py", 2, "BL001")]


@pytest.mark.parametrize("pattern", ["legacy", "legacy/", "pkg/legacy", "*/old_*.py", "old_*.py"])
def test_exclude_patterns(tmp_path: Path, pattern: str) -> None:
    """`exclude` takes names, paths and wildcards."""
    files = {"pkg/legacy/old_one.py": CLIENT, "pkg/own.py": CLIENT}
    report = scanned(tmp_path, files, config=ScanConfig(exclude=(pattern,)))
    assert found(report) == [("pkg/own.py", 2, "BL001")]


def test_only_what_was_asked_for_is_reported(tmp_path: Path) -> None:
    """The whole project is read, findings outside the given paths are not reported."""
    write(
        tmp_path, {"app/a.py": CLIENT, "other/b.py": CLIENT, "test_x.py": "import app.a, other.b\ndef test_x(): ...\n"}
    )
    report = scan([tmp_path / "app"], tmp_path)
    assert found(report) == [("app/a.py", 2, "BL001")]
    assert report.findings[0].wire_up is not None
    assert report.findings[0].wire_up.reach.tests == 1


@pytest.mark.parametrize(
    ("source", "part"),
    [
        (b"def f(:\n    pass\n", "invalid syntax"),
        (b"x = '\xff'\n", "utf-8"),
        (b"# coding: klingon\n", "encoding"),
        (b"x = 1\0\n", "null byte"),
        (b"x = " + b"(" * 300 + b")" * 300 + b"\n", "too many nested"),
    ],
)
def test_unreadable_files_are_named_and_passed_over(tmp_path: Path, source: bytes, part: str) -> None:
    """A file that Python cannot read costs one line, not the scan."""
    report = scanned(tmp_path, {"bad.py": source, "good.py": CLIENT})
    assert found(report) == [("good.py", 2, "BL001")]
    (error,) = report.errors
    assert error.place.path == "bad.py"
    assert part in error.message
    assert "\n" not in error.message


def test_what_is_no_file_to_read_is_named(tmp_path: Path) -> None:
    """Links that lead nowhere or to themselves, and pipes, cost one line each; a pipe is not waited for."""
    (tmp_path / "loop.py").symlink_to("loop.py")
    (tmp_path / "gone.py").symlink_to("nowhere")
    (tmp_path / "folder.py").mkdir()
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "up").symlink_to("..", target_is_directory=True)
    os.mkfifo(tmp_path / "pipe.py")
    report = scanned(tmp_path, {"good.py": CLIENT})
    assert found(report) == [("good.py", 2, "BL001")]
    assert {error.place.path: error.message for error in report.errors} == {
        "gone.py": "No such file or directory",
        "loop.py": "Too many levels of symbolic links",
        "pipe.py": "no regular file",
    }


def test_a_file_that_is_too_large_is_named(tmp_path: Path) -> None:
    """Generated tables of many megabytes are passed over."""
    (tmp_path / "table.py").touch()
    os.truncate(tmp_path / "table.py", 21_000_000)
    (error,) = scanned(tmp_path, {"good.py": CLIENT}).errors
    assert (error.place.path, error.message) == ("table.py", "larger than 20 MB")


def test_a_directory_that_cannot_be_listed_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is not read is said, or silence would pass for a clean bill."""
    write(tmp_path, {"closed/app.py": CLIENT, "good.py": CLIENT})
    listed = os.scandir

    def scandir(path: str | os.PathLike[str]) -> object:
        if Path(path).name == "closed":
            raise PermissionError(errno.EACCES, "Permission denied", os.fspath(path))
        return listed(path)

    monkeypatch.setattr(os, "scandir", scandir)
    report = scan([tmp_path], tmp_path)
    assert found(report) == [("good.py", 2, "BL001")]
    assert [(error.place.path, error.message) for error in report.errors] == [("closed", "Permission denied")]


def test_absurd_nesting_is_survived(tmp_path: Path) -> None:
    """A chain of a hundred thousand operators is either read or named, and the scan goes on."""
    report = scanned(tmp_path, {"deep.py": "x = " + "-" * 100_000 + "1\n", "good.py": CLIENT})
    assert found(report) == [("good.py", 2, "BL001")]


@pytest.mark.parametrize(
    "source",
    [
        "# -*- coding: latin-1 -*-\nimport httpx\nname = 'é'; client = httpx.AsyncClient()\n".encode("latin-1"),
        "import httpx\n\nname = 'é'; client = httpx.AsyncClient()\n".encode(),
        "\ufeffimport httpx\r\n\r\nname = 'é'; client = httpx.AsyncClient()\r\n".encode(),
        "import httpx\n'''\f\x1c\u2028'''\nname = 'é'; client = httpx.AsyncClient()\n".encode(),
    ],
    ids=["latin-1", "utf-8", "bom-and-crlf", "odd-separators"],
)
def test_declared_encodings_and_columns(tmp_path: Path, source: bytes) -> None:
    """PEP 263 encodings are read, lines are Python's and columns count characters."""
    report = scanned(tmp_path, {"app.py": source})
    (finding,) = report.findings
    assert (finding.place.line, finding.place.column) == (3, 13)


def test_suppression_in_another_encoding(tmp_path: Path) -> None:
    """The raw line is read in the file's own encoding."""
    source = "# coding: cp1252\nimport httpx\nclient = httpx.AsyncClient()  # noqa: BL001 ü\n".encode("cp1252")
    assert found(scanned(tmp_path, {"app.py": source})) == []


def test_directory_cycles_end(tmp_path: Path) -> None:
    """Links to directories are not followed."""
    write(tmp_path, {"pkg/mod.py": CLIENT})
    (tmp_path / "pkg" / "loop").symlink_to(tmp_path, target_is_directory=True)
    assert found(scan([tmp_path], tmp_path)) == [("pkg/mod.py", 2, "BL001")]


def test_a_missing_path_is_a_usage_error(tmp_path: Path) -> None:
    """The message names the path."""
    with pytest.raises(SettingsError, match="nowhere"):
        scan([tmp_path / "nowhere"], tmp_path)


def test_an_empty_project(tmp_path: Path) -> None:
    """Nothing to read is nothing to report."""
    report = scan([tmp_path], tmp_path)
    assert (report.files, report.findings, report.exit_code) == (0, (), 0)
