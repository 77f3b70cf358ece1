"""`bisect-loop run --fix FINDING`: write a verified fix into the tree."""

from __future__ import annotations

from pathlib import Path

import click

from bisect_loop.cli import Failed
from bisect_loop.fixes.apply import Refused, chosen, paths_of, write
from bisect_loop.history import History, HistoryError
from bisect_loop.history.opening import store_above


def write_fix(wanted: str, cwd: Path, *, force: bool) -> int:
    """Write the fix `wanted` ("f3a9", or "f3a9:2" for the second) of the project around `cwd`. Raises Failed."""
    finding_id, mark, text = wanted.partition(":")
    if mark and not text.isdigit():
        raise Failed(f"{wanted!r} names no fix: write the finding's id, or ID:NUMBER.", 4)
    root = store_above(cwd)
    try:
        with History.open(root, create=False) as history:
            finding = history.finding(finding_id).finding
        fix = chosen(finding, int(text) if mark else 1)
        there = {path for path in paths_of(fix) if (root / path).exists()}
        paths = write(root, fix, force=force)
    except (HistoryError, Refused) as refusal:
        raise Failed(str(refusal), 4) from refusal
    click.echo(f"{finding.id}  {fix.title or fix.kind}")
    for path in paths:
        click.echo(f"wrote {path}" if path in there else f"wrote {path}, a new file")
    if fix.cost:
        click.echo(f"it costs: {fix.cost}")
    # What git does not know yet is in no diff of it.
    look = "`git diff` shows" if there.issuperset(paths) else "`git status` and `git diff` show"
    click.echo(f"`bisect-loop replay {finding.id}` runs the order again; {look} what was written.")
    return 0
