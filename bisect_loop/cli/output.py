"""What a command shows while it runs, and where its result goes when it is over."""

from __future__ import annotations

import importlib
import os
import shutil
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import click

from bisect_loop.cli import Failed
from bisect_loop.model import RunReport
from bisect_loop.redact import redact_report, secrets_in
from bisect_loop.report import files, terminal
from bisect_loop.report.live import BoardListener, PlainListener

F = TypeVar("F", bound=Callable[..., Any])

# Option -> the renderer's module; each has `render(report) -> str`.
_FORMATS = {"json": "result", "html": "html", "junit": "junit", "sarif": "sarif", "markdown": "markdown"}


def report_options(command: F) -> F:
    """Options that name files for the result: --json FILE, --html FILE, ..."""
    for name in reversed(_FORMATS):
        command = click.option(
            f"--{name}", name, type=click.Path(path_type=Path), metavar="FILE", help=f"Write the result as {name}."
        )(command)
    return command


def checked_files(options: dict[str, Any]) -> dict[str, Path]:
    """Take the report files out of a command's options. Raises Failed where one cannot be written."""
    wanted = {name: options.pop(name) for name in _FORMATS}
    chosen = {name: path for name, path in wanted.items() if path is not None}
    for path in chosen.values():
        folder = path.absolute().parent
        if not folder.is_dir():
            raise Failed(f"{path} cannot be written: there is no folder {folder}.", 4)
        if not os.access(folder, os.W_OK) or path.is_dir():
            raise Failed(f"{path} cannot be written: check its permissions.", 4)
    return chosen


def redacted(report: RunReport, environ: Mapping[str, str]) -> RunReport:
    """The report without the secrets that the environment holds."""
    return redact_report(report, secrets_in(environ.items()))


def write_files(report: RunReport, chosen: Mapping[str, Path]) -> None:
    """Write the result in each of the formats that were asked for. Raises Failed."""
    for name, path in chosen.items():
        renderer = importlib.import_module(f"bisect_loop.report.{_FORMATS[name]}")
        try:
            files.write(path, renderer.render(report))
        except OSError as error:
            raise Failed(f"{path} cannot be written: {error.strerror}.", 4) from error


def make_listener() -> PlainListener | BoardListener:
    """Progress on standard error: a moving board on a terminal, plain lines elsewhere."""
    if sys.stderr.isatty() and os.environ.get("TERM") != "dumb":
        from rich.console import Console

        return BoardListener(Console(stderr=True))
    return PlainListener(lambda line: click.echo(terminal.encodable(line, sys.stderr.encoding), err=True))


def show(report: RunReport, *, stored: bool, directory: Path | None = None) -> None:
    """Print the result on standard output. `directory` is what -C says: there the commands are meant to be run."""
    colour = sys.stdout.isatty() and "NO_COLOR" not in os.environ
    width = shutil.get_terminal_size((100, 24)).columns
    text = terminal.render(report, width=max(60, width), colour=colour, stored=stored)
    click.echo(terminal.encodable(text, sys.stdout.encoding), color=colour, nl=not text.endswith("\n"))
    if directory is not None and (report.findings or report.stopped_because != "done"):
        click.echo(f"Run what is printed above in {directory}.")
