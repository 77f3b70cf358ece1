"""`bisect-loop with`: run a command beside services that are started for it."""

from __future__ import annotations

import os
import subprocess

import click

from bisect_loop.cli import Failed
from bisect_loop.conditions.services import ServiceError, parse_service_option
from bisect_loop.conditions.slots import open_slots
from bisect_loop.runner.workspace import Workspace


@click.command("with")
@click.argument("services", nargs=-1, required=True, metavar="SERVICE... -- COMMAND")
@click.option("--debug", is_flag=True, help="Show tracebacks of this tool.")
@click.pass_obj
def command(rest: tuple[str, ...], /, services: tuple[str, ...], debug: bool) -> int:
    """Start services, run COMMAND with the variables that name them, and end them again.

    `bisect-loop with redis -- pytest tests/a.py::test_x` sets REDIS_URL to a redis of its own. Where variables name
    the service (CACHE_URL=redis://redis:6379/1), they are led to it, and no other is set. The exit code is the
    command's.
    """
    del debug
    if not rest:
        raise Failed("There is no command to run: write it behind --, as in `bisect-loop with redis -- pytest`.", 4)
    with Workspace() as workspace:
        try:
            wanted = [parse_service_option(text) for text in services]
            opened = open_slots(wanted, 1, workspace, os.environ, variables=os.environ, local=False)
        except ServiceError as error:
            raise Failed(str(error), 4) from error
        try:
            slot = opened.slots[0]
            slot.reset()
            variables = slot.environ(service.name for service in opened.services)
            return subprocess.run(rest, env={**os.environ, **variables}, check=False).returncode
        except FileNotFoundError as error:
            raise Failed(f"There is no command {rest[0]}: check its name.", 4) from error
        finally:
            opened.close()
