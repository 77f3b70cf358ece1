"""A digest of a suite's files, cheap enough to take at every start."""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

_SUFFIXES = (".py", ".toml", ".cfg", ".ini", ".txt", ".yml", ".yaml", ".json")
_SKIPPED = frozenset(
    {
        *(".git", ".hg", ".svn", ".bisect-loop", "__pycache__", "node_modules", "site-packages"),
        *(".tox", ".nox", ".eggs", ".pytest_cache", ".mypy_cache", ".ruff_cache", ".hypothesis", "htmlcov"),
    }
)
# Names that are also honest package names: built output only where they stand at the root.
_SKIPPED_AT_ROOT = frozenset({"build", "dist"})


def fingerprint(root: Path, *, ignore: Iterable[Path] = ()) -> str:
    """Return a digest over the relative path, size and modification time of every source and configuration file.

    Takes in what lies under `root` and ends in .py, .toml, .cfg, .ini, .txt, .yml, .yaml or .json, outside of
    version control, virtual environments, caches and built output. `ignore` names files to leave out: what the
    tool itself writes there (`--json out.json`), which would make every run look like a new suite. Links to
    directories are not followed. What cannot be read counts as absent. Nothing is raised.
    """
    ignored = {os.path.abspath(path) for path in ignore}  # noqa: PTH100 - no resolving: links stay as given
    seen = sorted(_files(os.path.abspath(root), ignored))  # noqa: PTH100
    digest = hashlib.sha256()
    for path, size, modified in seen:
        digest.update(b"%s\0%d\0%d\n" % (path, size, modified))
    return digest.hexdigest()[:32]


def _files(root: str, ignored: set[str]) -> Iterator[tuple[bytes, int, int]]:
    """Yield path below `root`, size in bytes and mtime in ns of each file that counts, in no order."""
    pending = [root]
    while pending:
        folder = pending.pop()
        try:
            with os.scandir(folder) as scan:
                entries = list(scan)
        except OSError:
            continue
        if folder != root and any(entry.name == "pyvenv.cfg" for entry in entries):
            continue
        for entry in entries:
            if _is_folder(entry):
                at_root = folder == root and entry.name in _SKIPPED_AT_ROOT
                if not at_root and entry.name not in _SKIPPED and not entry.name.endswith(".egg-info"):
                    pending.append(entry.path)
            elif entry.name.endswith(_SUFFIXES) and entry.path not in ignored:
                with contextlib.suppress(OSError):
                    status = entry.stat()
                    if stat.S_ISREG(status.st_mode):
                        yield os.fsencode(entry.path[len(root) :]), status.st_size, status.st_mtime_ns


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir(follow_symlinks=False)
    except OSError:
        return False
