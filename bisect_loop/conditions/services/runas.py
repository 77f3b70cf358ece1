"""Another user for a server that refuses to run as root."""

from __future__ import annotations

import os
import pwd
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bisect_loop.conditions.services.seam import ServiceError

_CANDIDATES = ("postgres", "nobody")


@dataclass(frozen=True, slots=True)
class Identity:
    """A user of this machine."""

    name: str
    uid: int
    gid: int

    def popen(self) -> Mapping[str, object]:
        """What subprocess.Popen takes so that the program runs as this user."""
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def own(self, folder: Path) -> None:
        """Give `folder` to this user, and let everybody enter the folders above it that are root's own."""
        os.chown(folder, self.uid, self.gid)
        for above in folder.parents:
            info = above.stat()
            if not info.st_mode & 0o001 and info.st_uid != self.uid:
                if info.st_uid != 0 or not _is_temporary(above):
                    raise ServiceError(
                        f"PostgreSQL does not run as root, and the user {self.name} cannot enter {above}: set TMPDIR"
                        " to a folder that everybody may enter, or start the tool as another user."
                    )
                # Entering is not listing: what lies there is found by those who know its name, and is closed itself.
                above.chmod(info.st_mode | 0o011)

    def reaches(self, program: Path) -> bool:
        """Tell whether this user can run `program`."""
        return all(folder.stat().st_mode & 0o001 for folder in (program, *program.resolve().parents))


def unprivileged() -> Identity | None:
    """The user to run as where we are root; None where we are not. Raises ServiceError where there is none."""
    if os.geteuid() != 0:
        return None
    for name in _CANDIDATES:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Identity(name, entry.pw_uid, entry.pw_gid)
    raise ServiceError(
        f"PostgreSQL does not run as root, and there is no user {' or '.join(_CANDIDATES)} to run it as: add one, or"
        " name a running server with --service postgres=URL."
    )


def link_tree(source: Path, target: Path) -> None:
    """Make `target` a copy of the tree `source`, by links where that is possible."""
    shutil.copytree(source, target, copy_function=_link, symlinks=True)
    for folder in (target, *(path for path in target.rglob("*") if path.is_dir())):
        folder.chmod(0o755)


def _link(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def _is_temporary(folder: Path) -> bool:
    """Whether a folder is one of the tool's own, or of a test's."""
    return folder.name.startswith(("bl-", "pytest-", "test_")) or folder.parent.name.startswith(("bl-", "pytest-"))
