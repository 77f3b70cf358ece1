"""Writes a rendered report to a file, whole or not at all."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path


def write(path: Path, text: str) -> None:
    """Write `text` to `path` as UTF-8 so that a reader sees the old file or the new one, never a part.

    Raises OSError where the folder cannot be written; nothing is left behind then. What is not text in UTF-8 (a
    lone surrogate) becomes a backslash escape.
    """
    path = Path(os.path.realpath(path))  # a link stays a link
    handle, temporary = tempfile.mkstemp(prefix=f".{path.name[:100]}.", dir=path.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace", newline="\n") as file:
            file.write(text)
        # mkstemp makes a file for the owner alone; a report is for everybody whom the umask allows.
        os.chmod(temporary, _mode(path))  # noqa: PTH101
        os.replace(temporary, path)  # noqa: PTH105
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)  # noqa: PTH108
        raise


def _mode(path: Path) -> int:
    try:
        return path.stat().st_mode & 0o777
    except FileNotFoundError:
        # There is no way to read the umask but to set it.
        mask = os.umask(0o022)
        os.umask(mask)
        return 0o666 & ~mask
