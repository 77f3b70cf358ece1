"""Options that several commands share, and what their texts mean."""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal, TypeVar

import click

from bisect_loop.cli import Failed
from bisect_loop.conditions.gathered import Gathered
from bisect_loop.conditions.services import ServiceError, parse_service_option
from bisect_loop.model import Service
from bisect_loop.session import Settings

F = TypeVar("F", bound=Callable[..., Any])

_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0}


class Duration(click.ParamType):  # type: ignore[type-arg]
    """Seconds, or a number with a unit: 90, 90s, 10m, 1h30m."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        if isinstance(value, float | int):
            return float(value)
        text = str(value).strip().lower()
        if re.fullmatch(r"\d+(\.\d+)?", text):
            seconds = float(text)
        elif re.fullmatch(r"(\d+(\.\d+)?[smh])+", text):
            seconds = sum(float(number) * _UNITS[unit] for number, _, unit in re.findall(r"(\d+(\.\d+)?)([smh])", text))
        else:
            self.fail(f"{value!r} is no duration: write 90, 90s, 10m or 1h30m", param, ctx)
        if seconds <= 0:
            self.fail(f"{value!r} is no duration: it must be more than 0", param, ctx)
        return seconds


class Assignment(click.ParamType):  # type: ignore[type-arg]
    """NAME=VALUE."""

    name = "name=value"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, str]:
        name, mark, text = str(value).partition("=")
        if not mark or not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
            self.fail(f"{value!r} is no variable: write NAME=VALUE", param, ctx)
        return name, text


def suite_options(command: F) -> F:
    """What every command that runs a suite takes."""
    for option in reversed(
        (
            click.argument("paths", nargs=-1, metavar="[PATHS]... [-- PYTEST_ARGS]"),
            click.option(
                "-C", "directory", type=click.Path(path_type=Path), help="Run as if started in this directory."
            ),
            click.option("--env", "env", type=Assignment(), multiple=True, help="Set a variable, as CI does."),
            click.option(
                "--service",
                "services",
                multiple=True,
                metavar="NAME[=HOW]",
                help="Start redis, postgres, an image.",
            ),
            click.option(
                "--reset-external",
                "reset_external",
                multiple=True,
                metavar="NAME",
                help="Empty this service before each trial although it is yours.",
            ),
            click.option("--ci", "ci", metavar="FILE[:JOB]", help="Take variables and services from this CI file."),
            click.option("--no-ci", is_flag=True, help="Take nothing from the project's CI files."),
            click.option("--coverage/--no-coverage", default=None, help="Measure coverage. [default: as CI does]"),
            click.option(
                "--jobs",
                type=click.IntRange(1),
                help="Trials at the same time. [default: 8 forked, else one a core]",
            ),
            click.option(
                "--timeout",
                type=Duration(),
                default=120.0,
                show_default="2m",
                help="Silence that counts as a hang.",
            ),
            click.option(
                "--confirm", type=click.IntRange(1), default=3, show_default=True, help="Fresh runs of each arm."
            ),
            click.option(
                "--python", "python", metavar="PATH", help="The interpreter of the tests. [default: this one]"
            ),
            click.option(
                "--runner",
                type=click.Choice(["auto", "fork", "fresh"]),
                default="auto",
                show_default=True,
                help="How trials run.",
            ),
            click.option("--roles/--no-roles", default=True, help="Also look for cleaners and further polluters."),
            click.option("--fixes/--no-fixes", default=True, help="Try fixes, on a copy of the tree, until one works."),
            click.option("--all-fixes", is_flag=True, help="Try every fix, and say which of them fail."),
            click.option("--debug", is_flag=True, help="Show tracebacks of this tool."),
        )
    ):
        command = option(command)
    return command


def interpreter(text: str | None, cwd: Path) -> str:
    """The path of the interpreter that the user named, this one where none is. Raises BadParameter."""
    if text is None:
        return sys.executable
    found = shutil.which(text, path=None) if os.sep not in text else None
    path = Path(found) if found else Path(cwd, text)
    if not path.is_file():
        raise click.BadParameter(f"there is no interpreter {text}: give the path of one", param_hint="--python")
    return str(path.absolute())


def _workers(text: str) -> int:
    """pytest-xdist's count as CI writes it, 1 where it is not used; "auto" is what it would be on this machine."""
    if not text:
        return 1
    return int(text) if text.isdigit() else max(2, os.cpu_count() or 1)


def as_in_ci(asked: Service, found: tuple[Service, ...]) -> Service:
    """The service that the user asked for, with what CI says of the one with this name and the user does not."""
    for service in found:
        if service.name == asked.name:
            return replace(
                asked,
                image=asked.image or service.image,
                env=asked.env or service.env,
                command=asked.command or service.command,
                health=asked.health or service.health,
                places=service.places,
            )
    return asked


def _gathered(cwd: Path, ci: str | None) -> Gathered:
    """What the project's CI files set. Raises Failed."""
    # The readers of CI files are many modules, and who says --no-ci need not wait for them.
    from bisect_loop.conditions.ci import CiError
    from bisect_loop.conditions.gather import gather

    try:
        return gather(cwd, ci)
    except CiError as error:
        raise Failed(str(error), 4) from error


def settings_of(
    rest: tuple[str, ...],
    *,
    paths: tuple[str, ...],
    directory: Path | None,
    env: tuple[tuple[str, str], ...],
    services: tuple[str, ...],
    ci: str | None,
    no_ci: bool,
    jobs: int | None,
    timeout: float,
    confirm: int,
    python: str | None,
    runner: Literal["auto", "fork", "fresh"],
    roles: bool,
    fixes: bool,
    all_fixes: bool,
    budget: float | None,
    coverage: bool | None,
    workers: int | None = None,
    random_seed: int | None = None,
    reset_external: tuple[str, ...] = (),
    outputs: tuple[Path, ...] = (),
) -> Settings:
    """Settings from the options of a command and the project's CI files; `rest` are pytest's own arguments.

    What the user says goes before what CI says; CI's pytest command counts where the user gives no path and no
    argument. Raises Failed where a CI file that was named cannot be used.
    """
    cwd = (directory or Path()).absolute()
    chosen = interpreter(python, cwd)
    found = Gathered() if no_ci else _gathered(cwd, ci)
    try:
        asked = [parse_service_option(text) for text in services]
    except ServiceError as error:
        raise Failed(str(error), 4) from error
    taken = {service.name for service in asked}
    plain = not paths and not rest
    if plain and directory is None and found.directory is not None and found.directory.is_dir():
        cwd = found.directory
    return Settings(
        cwd=cwd,
        paths=paths,
        pytest_args=rest,
        ci_args=found.args if plain else (),
        python=chosen,
        invocation=found.invocation if plain else "pytest",
        env=tuple({**dict(found.env), **dict(env)}.items()),
        services=tuple(as_in_ci(service, found.services) for service in asked),
        ci_services=tuple(service for service in found.services if service.name not in taken),
        sources=found.sources,
        notes=found.notes,
        places=found.places,
        coverage=coverage,
        ci_coverage=() if coverage is False else found.coverage,
        workers=workers or _workers(found.workers),
        dist=found.dist,
        random_seed=1 if random_seed is None else random_seed,
        jobs=jobs,
        timeout=timeout,
        budget=budget,
        confirm=confirm,
        runner=runner,
        roles=roles,
        fixes=fixes or all_fixes,
        all_fixes=all_fixes,
        reset_external=reset_external,
        outputs=tuple(path.absolute() for path in outputs),
    )
