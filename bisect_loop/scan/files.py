"""Which files a scan reads, and how: the only module of the package that touches the file system for sources."""

from __future__ import annotations

import errno
import fnmatch
import os
import stat
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

_ALWAYS_SKIPPED = frozenset(
    {
        ".git", ".hg", ".svn", ".tox", ".nox", ".venv", "venv", "node_modules", "__pycache__", "__pypackages__",
        ".eggs", "site-packages", ".mypy_cache", ".ruff_cache", ".pytest_cache", ".bisect-loop",
    }
)  # fmt: skip
# Generated tables are that large. 100,000 lines that people write are some 4 MB.
_LARGEST = 20_000_000
_BUILT = frozenset({"build", "dist", "_build"})


def is_skipped_directory(path: Path) -> bool:
    """Tell whether `path` holds code that is not the project's own: environments, caches, built copies."""
    name = path.name
    if name in _ALWAYS_SKIPPED or name.endswith(".egg-info") or (path / "pyvenv.cfg").is_file():
        return True
    # A package may well be called "build"; what a build leaves behind has no __init__.py at its top.
    return name in _BUILT and not (path / "__init__.py").exists()


def is_excluded(relative: str, patterns: Sequence[str]) -> bool:
    """Tell whether a path, or a directory above it, matches one of the `exclude` patterns (shell wildcards)."""
    parts = relative.split("/")
    prefixes = ["/".join(parts[: end + 1]) for end in range(len(parts))]
    return any(
        fnmatch.fnmatchcase(candidate, pattern.rstrip("/")) for pattern in patterns for candidate in (*prefixes, *parts)
    )


def python_files(
    top: Path, root: Path, exclude: Sequence[str], failed: Callable[[OSError], None] | None = None
) -> Iterator[Path]:
    """Yield every Python file below `top`, sorted within each directory; links to directories are not followed.

    `failed` is told of each directory that cannot be listed.
    """
    for folder, folders, names in os.walk(top, onerror=failed):
        here = Path(folder)
        folders[:] = sorted(
            name
            for name in folders
            if not is_skipped_directory(here / name) and not is_excluded(relative_to(here / name, root), exclude)
        )
        for name in sorted(names):
            if name.endswith(".py") and not is_excluded(relative_to(here / name, root), exclude):
                yield here / name


def real(path: Path) -> Path:
    """Return where `path` leads. `Path.resolve` raises for links that lead to themselves; reading says it better."""
    return Path(os.path.realpath(path))


def read_source(path: Path) -> bytes:
    """Return a file's bytes. Raises OSError, also for what is no file to read (a pipe would wait for ever)."""
    status = path.stat()
    if not stat.S_ISREG(status.st_mode):
        raise OSError(errno.EINVAL, "no regular file")
    if status.st_size > _LARGEST:
        raise OSError(errno.EFBIG, f"larger than {_LARGEST // 1_000_000} MB")
    return path.read_bytes()


def relative_to(path: Path, root: Path) -> str:
    """Return `path` as seen from `root`, with "/" between its parts, also where it lies outside."""
    return Path(os.path.relpath(path, root)).as_posix()
