"""Writes a stored, verified diff into the user's tree: the only place that does."""

from __future__ import annotations

import subprocess
from pathlib import Path

from bisect_loop.fixes.ground import Files
from bisect_loop.fixes.patch import PatchError, applied, paths
from bisect_loop.model import Finding, Fix


class Refused(Exception):
    """The fix is not written. The text is one sentence with the mend."""


def chosen(finding: Finding, number: int) -> Fix:
    """The fix of `finding` with this number, counted from 1 as the report does. Raises Refused."""
    working = [fix for fix in finding.fixes if fix.works]
    if not working:
        raise Refused(f"{finding.id} has no fix that was verified: `bisect-loop run` tries some.")
    if not 1 <= number <= len(working):
        those = "one verified fix" if len(working) == 1 else f"{len(working)} verified fixes"
        raise Refused(f"{finding.id} has {those}: give a number from 1 to {len(working)}.")
    return working[number - 1]


def paths_of(fix: Fix) -> tuple[str, ...]:
    """The files that `fix` writes, relative to the root."""
    return paths(fix.diff or "")


def write(root: Path, fix: Fix, *, force: bool = False) -> list[str]:
    """Write `fix` into the tree at `root` and return the paths written, relative to it.

    Nothing is written where git could not take it back (unless `force` says so), or where the tree has changed since
    the fix was tried. Raises Refused.
    """
    if fix.diff is None:
        raise Refused("The fix is only described: write it by hand.")
    if not force:
        _check_clean(root)
    try:
        edits = applied(fix.diff, Files(root).read)
    except PatchError as error:
        raise Refused(f"{error} `bisect-loop run` tries fixes anew.") from error
    for edit in edits:
        file = root / edit.path
        if not file.parent.resolve().is_relative_to(root.resolve()):
            raise Refused(f"{edit.path} lies outside of {root}: write the fix by hand.")
    done: list[str] = []
    for edit in edits:
        file = root / edit.path
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(edit.after.encode("utf-8"))
        except OSError as error:
            said = f" ({', '.join(done)} is written already)" if done else ""
            raise Refused(f"{edit.path} cannot be written: {error.strerror}{said}.") from error
        done.append(edit.path)
    return done


def _check_clean(root: Path) -> None:
    command = ["git", "-C", str(root), "status", "--porcelain", "--untracked-files=no"]
    try:
        state = subprocess.run(command, capture_output=True, text=True)
    except OSError:
        raise Refused("git was not found, so nothing could take the fix back: use --force all the same.") from None
    if state.returncode:
        raise Refused(f"{root} is no git repository, so nothing could take the fix back: use --force all the same.")
    changed = [line[3:] for line in state.stdout.splitlines()]
    if changed:
        more = f" and {len(changed) - 3} more" if len(changed) > 3 else ""
        raise Refused(
            f"git has changes that are not committed ({', '.join(changed[:3])}{more}): commit, or use --force."
        )
