"""`bisect-loop report`: render what is stored."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Any

import click

from bisect_loop.cli import Failed
from bisect_loop.cli.output import checked_files, report_options, show, write_files
from bisect_loop.history import History, HistoryError
from bisect_loop.history.opening import store_above
from bisect_loop.report import terminal


@click.command("report")
@click.argument("finding", required=False)
@click.option("-C", "directory", type=click.Path(path_type=Path), help="Run as if started in this directory.")
@click.option("--debug", is_flag=True, help="Show tracebacks of this tool.")
@report_options
def command(finding: str | None, directory: Path | None, debug: bool, **options: Any) -> int:
    """Show the last run, or one FINDING, from the store. Nothing is run."""
    del debug
    reports = checked_files(options)
    if finding is not None and reports:
        raise Failed("A file holds a whole run: leave FINDING out.", 4)
    try:
        with History.open(store_above((directory or Path()).absolute()), create=False) as history:
            if finding is not None:
                text = terminal.render_findings(
                    [history.finding(finding).finding], width=max(60, shutil.get_terminal_size((100, 24)).columns)
                )
                click.echo(terminal.encodable(text, sys.stdout.encoding))
                return 0
            report = history.last_report()
    except HistoryError as error:
        raise Failed(str(error), 4) from error
    if report is None:
        raise Failed("No run has come to its end yet: `bisect-loop run` makes one.", 4)
    show(report, stored=True)
    write_files(report, reports)
    return 0
