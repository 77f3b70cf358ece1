"""Files are written whole or not at all."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from bisect_loop.report.files import write
from bisect_loop.report.result import write_json
from tests.report.values import REPORTS


def test_it_takes_the_place_of_the_old_file(tmp_path: Path) -> None:
    """The new text is there, and no other file."""
    path = tmp_path / "out.json"
    path.write_text("old")

    write_json(path, REPORTS["evil"])

    assert json.loads(path.read_bytes())["schema"] == "bisect-loop/1"
    assert list(tmp_path.iterdir()) == [path]


def test_a_write_that_fails_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk or a kill between writing and renaming leaves what was there, and no temporary file."""
    path = tmp_path / "out.json"
    path.write_text("old")

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", fail)

    with pytest.raises(OSError, match="No space"):
        write(path, "new")

    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    """An OSError is for the caller to put into a sentence."""
    with pytest.raises(FileNotFoundError):
        write(tmp_path / "gone" / "out.json", "x")


def test_permissions_are_those_of_any_new_file_or_of_the_old_one(tmp_path: Path) -> None:
    """A report can be read by whom the umask allows; an existing file keeps its mode."""
    plain = tmp_path / "plain"
    plain.touch()
    new, old = tmp_path / "new", tmp_path / "old"
    old.touch(0o600)
    old.chmod(0o640)

    write(new, "x")
    write(old, "x")

    assert new.stat().st_mode == plain.stat().st_mode
    assert old.stat().st_mode & 0o777 == 0o640


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    """What the link points to gets the text."""
    target, link = tmp_path / "target", tmp_path / "link"
    target.touch()
    link.symlink_to(target)

    write(link, "x")

    assert link.is_symlink()
    assert target.read_text() == "x"


def test_text_that_is_not_utf_8(tmp_path: Path) -> None:
    """A lone surrogate becomes an escape, not an error after the work is done."""
    write(tmp_path / "out", "a\udcffb\n")

    assert (tmp_path / "out").read_bytes() == b"a\\udcffb\n"
