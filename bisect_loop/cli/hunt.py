"""`bisect-loop hunt`: look for what nobody has seen yet."""

from __future__ import annotations

import os
import sys
from typing import Any

import click

from bisect_loop.cli import Failed, interrupts
from bisect_loop.cli.config import Configured
from bisect_loop.cli.options import Duration, settings_of, suite_options
from bisect_loop.cli.output import checked_files, make_listener, redacted, report_options, show, write_files
from bisect_loop.hunt import Hunt
from bisect_loop.reproduce import Investigation, exit_code
from bisect_loop.session import Refusal, Session


@click.command("hunt", cls=Configured)
@suite_options
@click.option("--budget", type=Duration(), default=1800.0, show_default="30m", help="Hunt for so long.")
@click.option("--most-orders", type=click.IntRange(1), help="Stop after so many orders.")
@report_options
@click.pass_obj
def command(rest: tuple[str, ...], /, most_orders: int | None, debug: bool, **options: Any) -> int:
    """Run orders that were not run before, until the budget ends; report each finding once.

    A failure that an earlier run explained is counted, not diagnosed again. Exit codes are those of `run`: 1 means
    a new finding.
    """
    del debug
    reports = checked_files(options)
    settings = settings_of(rest, outputs=tuple(reports.values()), **options)
    notes: list[str] = []
    with make_listener() as listener:

        def say(note: str) -> None:
            notes.append(note)
            listener.note(note)

        try:
            with Session(settings, os.environ, say) as session:
                interrupts.hold()  # from here on there is something to save
                listener.started(session.suite)
                # Each night is a run of its own: what it covers is kept, its trials are not gone on with.
                run = session.begin("hunt", tuple(sys.argv[1:]), resume=False)
                hunt = Hunt(Investigation(session, run, listener, notes), session.history, run)
                with hunt.investigation.stopping(), interrupts.released():
                    hunt.go(most_orders)
                for known in hunt.known:
                    say(f"met again: {known.id} {known.finding.victim}, seen in {known.count + 1} runs by now")
                report = hunt.investigation.report()
                run.finish("done" if report.stopped_because == "budget" else report.stopped_because, report)
                stored = session.stored
        except Refusal as refusal:
            raise Failed(str(refusal), refusal.code) from refusal
    report = redacted(report, os.environ)
    show(report, stored=stored, directory=options["directory"])
    write_files(report, reports)
    return exit_code(report)
