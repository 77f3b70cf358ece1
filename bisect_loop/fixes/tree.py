"""Copies a project's tree, so that a mend is tried without a byte of the user's being touched."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from bisect_loop.fixes.model import Edit

# Left out: what belongs to version control, to us, or is only a cache.
_LEFT_OUT = {
    ".git", ".hg", ".svn", ".bisect-loop", "__pycache__", ".pytest_cache", ".mypy_cache", ".ruff_cache", ".hypothesis",
}  # fmt: skip
# Linked to: what nobody edits and is too big to copy.
_LINKED = {".venv", "venv", "env", "node_modules", ".tox", ".nox"}
_BIG_FILE = 8 * 1024 * 1024
_MOST_FILES = 20_000
_MOST_BYTES = 400 * 1024 * 1024


class CopyError(Exception):
    """The tree cannot be copied. The text says why, without a full stop."""


@dataclass(frozen=True, slots=True)
class Copy:
    """A copy, at `there`, of the tree at `here`."""

    here: Path
    there: Path

    def place(self, path: str | Path) -> Path:
        """Where a path of the original is in the copy; a path outside of the tree stays as it is."""
        absolute = Path(path).absolute()
        return self.there / absolute.relative_to(self.here) if absolute.is_relative_to(self.here) else absolute

    def text(self, text: str) -> str:
        """A text in which the original's folder gives way to the copy's, wherever that stands as a whole path."""
        here = str(self.here)
        if text == here:
            return str(self.there)
        return text.replace(f"{here}{os.sep}", f"{self.there}{os.sep}")

    def environ(self, environ: Mapping[str, str], first: Iterable[Path] = ()) -> dict[str, str]:
        """`environ` for processes in the copy; PYTHONPATH begins with the folders `first`."""
        names = ("PYTHONPATH", "PWD", "PYTEST_ADDOPTS")
        moved = {
            name: os.pathsep.join(map(self.text, value.split(os.pathsep))) if name in names else value
            for name, value in environ.items()
        }
        path = [*(str(folder) for folder in first), *filter(None, [moved.get("PYTHONPATH", "")])]
        return {**moved, "PYTHONPATH": os.pathsep.join(path)} if path else moved

    def write(self, root: Path, edits: Iterable[Edit]) -> None:
        """Make edits, whose paths are relative to the original's folder `root`."""
        for edit in edits:
            self._put(root, edit.path, edit.after)

    def take_back(self, root: Path, edits: Iterable[Edit]) -> None:
        """Undo edits."""
        for edit in edits:
            self._put(root, edit.path, edit.before)

    def _put(self, root: Path, path: str, text: str | None) -> None:
        file = self.place(root / path)
        file.unlink(missing_ok=True)
        if text is not None:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(text.encode("utf-8"))


def copied(here: Path, there: Path) -> Copy:
    """Copy the tree `here` to the new folder `there`. Raises CopyError where it is too big, or cannot be read."""
    here = here.resolve()
    files = size = 0
    try:
        for folder, folders, names in os.walk(here):
            target = there / Path(folder).relative_to(here)
            target.mkdir(parents=True, exist_ok=True)
            for name in list(folders):
                child = Path(folder, name)
                ours = there.is_relative_to(child)
                if ours or name in _LEFT_OUT or child.is_symlink() or _is_environment(child):
                    folders.remove(name)
                    if not ours and name not in _LEFT_OUT:
                        (target / name).symlink_to(_linked(child, here), target_is_directory=True)
            for name in names:
                child = Path(folder, name)
                files += 1
                if child.is_symlink():
                    (target / name).symlink_to(_linked(child, here))
                    continue
                if not child.is_file():
                    continue  # a socket, a pipe
                length = child.stat().st_size
                if length > _BIG_FILE:
                    (target / name).symlink_to(child)
                    continue
                size += length
                if files > _MOST_FILES or size > _MOST_BYTES:
                    raise CopyError("the tree is too big to be copied")
                shutil.copy2(child, target / name)
    except OSError as error:
        raise CopyError(f"the tree cannot be copied ({error.strerror}: {error.filename})") from error
    return Copy(here, there)


def _is_environment(folder: Path) -> bool:
    return folder.name in _LINKED or (folder / "pyvenv.cfg").exists()


def _linked(child: Path, here: Path) -> str:
    """What a link in the copy points at: the same as the original's, where that stays inside of the tree."""
    if child.is_symlink():
        to = child.readlink()
        if not to.is_absolute() and (child.parent / to).resolve().is_relative_to(here):
            return str(to)
        return str(child.parent / to)
    return str(child)
