"""`bisect-loop init`: a nightly workflow for the project at hand."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import click

from bisect_loop.cli import Failed
from bisect_loop.report.files import write

_WORKFLOW = Path(".github", "workflows", "bisect-loop.yml")


@click.command("init")
@click.option("-C", "directory", type=click.Path(path_type=Path), help="Run as if started in this directory.")
@click.option("--debug", is_flag=True, help="Show tracebacks of this tool.")
def command(directory: Path | None, debug: bool) -> int:
    """Write a GitHub Actions workflow that hunts every night. An existing one is left alone."""
    del debug
    root = (directory or Path()).absolute()
    if not root.is_dir():
        raise Failed(f"There is no directory {root}: check -C.", 4)
    path = root / _WORKFLOW
    if path.exists():
        raise Failed(f"{path} is there already: delete it first to have it written anew.", 4)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write(path, files("bisect_loop.cli").joinpath("nightly.yml").read_text(encoding="utf-8"))
    except OSError as error:
        raise Failed(f"{path} cannot be written: {error.strerror}.", 4) from error
    click.echo(f"Wrote {_WORKFLOW}. Adapt what it installs and what it hunts; then commit it.")
    click.echo("Try it here first: bisect-loop hunt --budget 2m")
    return 0
