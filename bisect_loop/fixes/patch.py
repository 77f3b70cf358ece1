"""Unified diffs: made, applied and taken back. Applying is strict: a line that has changed since is a refusal."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from bisect_loop.fixes.model import Edit

_NOTHING = "/dev/null"
_NO_NEWLINE = "\\ No newline at end of file\n"
_HUNK = re.compile(r"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")


class PatchError(Exception):
    """The diff does not fit the tree. The text is one sentence."""


@dataclass(frozen=True, slots=True)
class _Hunk:
    start: int  # index of the first old line
    old: tuple[str, ...]
    new: tuple[str, ...]


def diff_of(edits: Iterable[Edit]) -> str:
    """Return one unified diff of all edits that change something, as `git apply` takes it."""
    return "".join(_file_diff(edit) for edit in edits if edit.before != edit.after)


def _lines(text: str) -> list[str]:
    """Split at newlines only: what else str.splitlines takes for one stands inside of a line."""
    return re.findall(r"[^\n]*\n|[^\n]+", text)


def _file_diff(edit: Edit) -> str:
    old = _NOTHING if edit.before is None else f"a/{edit.path}"
    lines = difflib.unified_diff(_lines(edit.before or ""), _lines(edit.after), old, f"b/{edit.path}")
    return "".join(line if line.endswith("\n") else f"{line}\n{_NO_NEWLINE}" for line in lines)


def applied(diff: str, read: Callable[[str], str | None]) -> tuple[Edit, ...]:
    """Return the edits that `diff` makes to what `read` gives of a path (None: no such file).

    Raises PatchError where a line that the diff counts on is another one now.
    """
    edits = []
    for path, is_new, hunks in _files(diff):
        before = read(path)
        if is_new and before is not None:
            raise PatchError(f"{path} is there already, so it cannot be made anew.")
        if not is_new and before is None:
            raise PatchError(f"There is no {path} any more.")
        edits.append(Edit(path, before, _patched(path, before or "", hunks)))
    return tuple(edits)


def paths(diff: str) -> tuple[str, ...]:
    """The files that `diff` changes or makes. Raises PatchError."""
    return tuple(path for path, _, _ in _files(diff))


def reverted(diff: str, read: Callable[[str], str | None]) -> tuple[Edit, ...]:
    """Return the edits that take `diff` back: the text before it, "" for a file that it made. Raises PatchError."""
    edits = []
    for path, _, hunks in _files(diff):
        after = read(path)
        if after is None:
            raise PatchError(f"There is no {path} any more.")
        shift = 0
        turned = []
        for hunk in hunks:
            turned.append(_Hunk(hunk.start + shift, hunk.new, hunk.old))
            shift += len(hunk.new) - len(hunk.old)
        edits.append(Edit(path, after, _patched(path, after, turned)))
    return tuple(edits)


def _patched(path: str, text: str, hunks: Iterable[_Hunk]) -> str:
    lines = _lines(text)
    out: list[str] = []
    at = 0
    for hunk in hunks:
        end = hunk.start + len(hunk.old)
        if tuple(lines[hunk.start : end]) != hunk.old:
            raise PatchError(f"{path} has changed around line {hunk.start + 1} since the fix was tried.")
        out += [*lines[at : hunk.start], *hunk.new]
        at = end
    return "".join([*out, *lines[at:]])


def _files(diff: str) -> Iterator[tuple[str, bool, list[_Hunk]]]:
    """The files of a diff: path, whether it is made anew, hunks."""
    lines = _lines(diff)
    at = 0
    while at < len(lines):
        if not (lines[at].startswith("--- ") and at + 1 < len(lines) and lines[at + 1].startswith("+++ b/")):
            raise PatchError("The stored diff cannot be read.")
        is_new = lines[at][4:].strip() == _NOTHING
        path = lines[at + 1][6:].rstrip("\n").removesuffix("\t")
        at += 2
        hunks = []
        while at < len(lines) and (match := _HUNK.match(lines[at])):
            hunk, at = _hunk(lines, at + 1, match)
            hunks.append(hunk)
        yield path, is_new, hunks


def _hunk(lines: list[str], at: int, match: re.Match[str]) -> tuple[_Hunk, int]:
    start, old_count = int(match[1]), int(match[2] or 1)
    new_count = int(match[4] or 1)
    old: list[str] = []
    new: list[str] = []
    while at < len(lines) and (len(old) < old_count or len(new) < new_count or lines[at] == _NO_NEWLINE):
        mark, text = lines[at][0], lines[at][1:]
        if lines[at] == _NO_NEWLINE:
            # It is about the line before it, which stands in the diff with a newline that the file does not have.
            last = lines[at - 1][0]
            for side, marks in ((old, " -"), (new, " +")):
                if last in marks and side:
                    side[-1] = side[-1].removesuffix("\n")
        elif mark not in " -+":
            raise PatchError("The stored diff cannot be read.")
        else:
            if mark in " -":
                old.append(text)
            if mark in " +":
                new.append(text)
        at += 1
    # Of an empty range the line before it is named.
    return _Hunk(start - 1 if old_count else start, tuple(old), tuple(new)), at
