"""`bisect-loop run`: reproduce, narrow, explain, confirm."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import click
from click.core import ParameterSource

from bisect_loop.cli import Failed, dry, interrupts
from bisect_loop.cli.config import Configured
from bisect_loop.cli.options import Duration, settings_of, suite_options
from bisect_loop.cli.output import checked_files, make_listener, redacted, report_options, show, write_files
from bisect_loop.ingest import LogError, Recording, read_log_file, resolve
from bisect_loop.ingest.orders import OrderError, checked_order, suggestion
from bisect_loop.model import Dist, NamedOrder
from bisect_loop.recorded import Recorded, differences
from bisect_loop.reproduce import Investigation, exit_code
from bisect_loop.search.orders import OrderSpec, named_orders, parse_orders
from bisect_loop.session import Refusal, Session

# Default and reverse put every pair of tests in both orders; the shuffles take cleaners out of the way.
_DEFAULT_ORDERS = "default,reverse,shuffle:3"


@click.command("run", cls=Configured)
@suite_options
@click.option(
    "--orders",
    default=_DEFAULT_ORDERS,
    show_default=True,
    metavar="LIST",
    help="default,reverse,shuffle:N,xdist:N[:MODE]",
)
@click.option(
    "--order", "order_file", type=click.Path(path_type=Path), help="Run the order in this file: one id a line."
)
@click.option(
    "--from-log",
    "from_log",
    type=click.Path(path_type=Path),
    help="Reproduce what this CI log (or JUnit XML) tells of: its failing lane first.",
)
@click.option("--victim", metavar="NODEID", help="Look at this test only.")
@click.option("--workers", type=click.IntRange(1), help="Also run the suite on so many workers of pytest-xdist.")
@click.option("--fix", metavar="FINDING[:N]", help="Write a finding's verified fix into the tree, and run nothing.")
@click.option("--force", is_flag=True, help="With --fix: also where git could not take it back.")
@click.option("--dry-run", is_flag=True, help="Print the conditions of the trials, and run nothing.")
@click.option("--budget", type=Duration(), help="Stop after this time with the best so far.")
@report_options
@click.pass_context
def command(
    ctx: click.Context,
    /,
    orders: str,
    order_file: Path | None,
    from_log: Path | None,
    victim: str | None,
    fix: str | None,
    force: bool,
    dry_run: bool,
    debug: bool,
    **options: Any,
) -> int:
    """Run the suite in several orders; narrow each failure to the tests it takes, and confirm it.

    PATHS and what follows -- are pytest's own: `bisect-loop run tests/ -- -m "not slow"`. Exit codes: 0 nothing
    order-dependent, 1 findings, 2 interrupted, 3 internal error, 4 usage error, 5 no tests.
    """
    del debug
    if fix is not None:
        from bisect_loop.cli.fix import write_fix  # who writes no fix need not wait for it

        return write_fix(fix, (options["directory"] or Path()).absolute(), force=force)
    if force:
        raise click.UsageError("--force is for --fix: name the finding whose fix is to be written.")
    try:
        specs = parse_orders(orders)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--orders") from error
    if order_file is not None and from_log is not None:
        raise click.UsageError("--order and --from-log both say which order to run: give one of them.")
    reports = checked_files(options)
    log = _log(from_log)
    seed = None if log is None else log.seed
    settings = settings_of(ctx.obj, outputs=tuple(reports.values()), random_seed=seed, **options)
    # Workers are a condition of CI's as well; --orders says exactly what is wanted.
    chosen = ctx.get_parameter_source("orders") is not ParameterSource.DEFAULT and options["workers"] is None
    if settings.workers > 1 and not chosen and not any(spec.kind == "xdist" for spec in specs):
        specs += parse_orders(f"xdist:{settings.workers}:{_known_dist(settings.dist)}")
    if dry_run:
        click.echo(dry.render(settings, [spec.name for spec in specs], os.environ), nl=False)
        return 0
    notes: list[str] = []
    with make_listener() as listener:

        def say(note: str) -> None:
            notes.append(note)
            listener.note(note)

        try:
            with Session(settings, os.environ, say) as session:
                interrupts.hold()  # from here on there is something to save
                listener.started(session.suite)
                whole = _orders(session, specs, order_file)
                given = order_file is not None or log is not None
                workers = [] if given else _workers(session, specs, whole, say)
                if victim is not None and victim not in session.suite.nodeids:
                    raise OrderError(f"{victim} is not collected{suggestion(victim, session.suite.nodeids)}.")
                if victim is not None and order_file is not None and victim not in whole[0].order:
                    raise OrderError(f"{victim} does not stand in {order_file}: add it, behind what breaks it.")
                told = None if log is None else _resolved(log, session, say)
                run = session.begin(repr((whole, workers, victim, told)), tuple(sys.argv[1:]))
                investigation = Investigation(session, run, listener, notes)
                with investigation.stopping(), interrupts.released():
                    if told is not None:
                        Recorded(investigation, told, whole, victim).pursue()
                    elif order_file is not None and victim is not None:
                        investigation.pursue_given(whole[0], victim)
                    else:
                        investigation.pursue(whole, victim, workers)
                report = investigation.report()
                run.finish(report.stopped_because, report)
                stored = session.stored
        except (Refusal, OrderError, LogError) as refusal:
            raise Failed(str(refusal), getattr(refusal, "code", 4)) from refusal
    report = redacted(report, os.environ)
    show(report, stored=stored, directory=options["directory"])
    write_files(report, reports)
    return exit_code(report)


def _log(path: Path | None) -> Recording | None:
    """The run that the file `path` tells of. Raises Failed."""
    if path is None:
        return None
    try:
        recording = read_log_file(path)
    except LogError as error:
        raise Failed(str(error), 4) from error
    if not recording.failed:
        raise Failed(f"No test fails in {path}: give the log of the job that failed.", 4)
    return recording


def _resolved(log: Recording, session: Session, say: Callable[[str], None]) -> Recording:
    """`log` in terms of the tests that are collected here. Raises LogError where none of its failures is."""
    found = resolve(log, session.suite.nodeids)
    for note in (*found.recording.notes, *differences(found.recording, session.suite)):
        say(note)
    if not found.recording.failed:
        raise LogError(
            f"None of the log's failing tests is collected here ({', '.join(log.failed[:3])}): check the paths."
        )
    return found.recording


def _known_dist(dist: str) -> str:
    """xdist's `each` runs everything on every worker: its lanes are those of `load`, and longer."""
    return dist if dist in get_args(Dist) else "load"


def _orders(session: Session, specs: list[OrderSpec], order_file: Path | None) -> list[NamedOrder]:
    """The whole orders to run: the one in the file, else those that --orders names."""
    if order_file is not None:
        return [NamedOrder("file", checked_order(order_file, session.suite.nodeids))]
    return named_orders(specs, session.suite.nodeids)


def _workers(
    session: Session, specs: list[OrderSpec], whole: list[NamedOrder], say: Callable[[str], None]
) -> list[OrderSpec]:
    """Those of --orders for pytest-xdist: none where the tests' interpreter does not have it. Raises Refusal."""
    wanted = [spec for spec in specs if spec.kind == "xdist"]
    if not wanted or "xdist" in session.suite.plugins:
        return wanted
    names = ", ".join(spec.name for spec in wanted)
    if not whole:
        python = session.settings.python
        raise Refusal(f"{names} cannot be run: install pytest-xdist for {python}, or name other --orders.")
    say(f"left out {names}: pytest-xdist is not among the plugins of these tests")
    return []
