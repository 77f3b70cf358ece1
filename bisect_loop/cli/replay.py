"""`bisect-loop replay`: does a finding still fail?"""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import click

from bisect_loop.cli import Failed
from bisect_loop.cli.options import Duration
from bisect_loop.history import History, HistoryError, StoredFinding
from bisect_loop.history.opening import store_above
from bisect_loop.model import Outcome, TrialResult, Verdict
from bisect_loop.redact import redact_signature, secrets_in
from bisect_loop.runner.plain import PlainRunner
from bisect_loop.runner.target import Target, without_outer_pytest
from bisect_loop.runner.workspace import Workspace
from bisect_loop.search import judge

PASSES, FAILS, UNTESTABLE = 0, 1, 125


@click.command("replay")
@click.argument("finding")
@click.option("-C", "directory", type=click.Path(path_type=Path), help="Run as if started in this directory.")
@click.option("--times", type=click.IntRange(1), default=1, show_default=True, help="Fails when any run fails.")
@click.option("--timeout", type=Duration(), default=120.0, show_default="2m", help="Silence that counts as a hang.")
@click.option("--debug", is_flag=True, help="Show tracebacks of this tool.")
def command(finding: str, directory: Path | None, times: int, timeout: float, debug: bool) -> int:
    """Run a stored finding's command again: exit 0 it passes now, 1 it still fails, 125 it cannot be tested.

    FINDING is the id that `run` printed, or its beginning. Made for `git bisect run bisect-loop replay FINDING`.
    """
    del debug
    cwd = (directory or Path()).absolute()
    root = store_above(cwd)
    try:
        with History.open(root, create=False) as history:
            stored = history.finding(finding)
    except HistoryError as error:
        raise Failed(str(error), UNTESTABLE) from error
    if not stored.finding.replay.command:
        raise Failed(f"{stored.id} was not confirmed, so there is no command that shows it.", UNTESTABLE)
    if stored.context.hidden:
        hidden = ", ".join(stored.context.hidden)
        raise Failed(f"{stored.id} needs what is not stored because it is secret: {hidden}.", UNTESTABLE)
    # The tree around the store that was found: a checkout that was copied or moved is another one than the stored one.
    place = root / stored.context.workdir
    if gone := missing(stored.finding.replay.command, place):
        raise Failed(
            f"{stored.id} cannot be tested: there is no {gone} any more; `bisect-loop run` finds anew.", UNTESTABLE
        )
    target = Target(stored.context.python, place, without_outer_pytest(os.environ))
    try:
        with Workspace() as workspace:
            runner = PlainRunner(target, workspace)
            results = [runner.run(stored.finding.replay.command, timeout) for _ in range(times)]
    except KeyboardInterrupt:  # `git bisect run` would take the 2 of other commands for a failure
        raise Failed(f"{stored.id} was interrupted before it could be tested.", UNTESTABLE) from None
    code, sentence = conclude(stored, results)
    click.echo(f"{stored.id}  {stored.finding.victim}  {sentence}")
    return code


def missing(command: str, place: Path) -> str:
    """What it takes to run `command` in `place` and is not there: that folder, or a program; "" where all is there."""
    if not place.is_dir():
        return str(place)
    words = shlex.split(command)
    while words and re.match(r"\w+=", words[0]):
        del words[0]
    programs = words[:1]
    if words[1:2] == ["with"] and "--" in words:  # services are started by this tool, around pytest itself
        programs += words[words.index("--") + 1 :][:1]
    return next((one for one in programs if os.sep in one and not (place / one).exists()), "")


def _redacted(result: TrialResult, secrets: Sequence[str]) -> TrialResult:
    """`result` as the store would keep it: like must meet like."""
    outcomes = (
        replace(outcome, signatures=tuple(redact_signature(one, secrets) for one in outcome.signatures))
        for outcome in result.outcomes
    )
    return replace(result, outcomes=tuple(outcomes))


def conclude(stored: StoredFinding, results: list[TrialResult]) -> tuple[int, str]:
    """The exit code and one sentence on what the runs showed."""
    victim, signature = stored.finding.victim, stored.finding.signature
    secrets = secrets_in(os.environ.items())
    results = [_redacted(result, secrets) for result in results]
    verdicts = [judge.verdict(result, victim, signature) for result in results]
    failed = verdicts.count(Verdict.REPRODUCES)
    if failed:
        shown = judge.shown(results, victim, signature) or signature
        return FAILS, f"still fails ({failed}/{len(results)}): {shown.headline}"
    if all(verdict is Verdict.DOES_NOT for verdict in verdicts):
        return PASSES, f"passes now ({len(results)}/{len(results)})"
    odd = results[next(i for i, verdict in enumerate(verdicts) if verdict is Verdict.UNRESOLVED)]
    outcome: Outcome | None = odd.of(victim)
    reason = judge.reason(odd, victim, signature) if outcome is not None else odd.detail or "the victim was not run"
    return UNTESTABLE, f"cannot be tested: {reason}"
