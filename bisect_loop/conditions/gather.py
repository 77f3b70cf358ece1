"""From a CI file to the conditions of trials: variables, services and pytest's arguments, each with its place."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

from bisect_loop import model
from bisect_loop.conditions.ci import (
    CiError,
    EnvEntry,
    Job,
    PytestCommand,
    Service,
    choose,
    choose_variant,
    discover,
    read,
    repository_of,
    split_target,
)
from bisect_loop.conditions.gathered import Gathered
from bisect_loop.conditions.services.pointing import places_of


def gather(cwd: Path, target: str | None, python: str = "") -> Gathered:
    """Read what CI sets for the project at `cwd`.

    `target` is FILE[:JOB]; None looks for the project's CI files and takes the job that runs pytest. `python` is
    "3.11", to choose among a matrix. Raises CiError, one sentence, where a named file cannot be used.
    """
    wanted: str | None = None
    notes: list[str] = []
    if target is None:
        jobs: list[Job] = []
        for found in discover(cwd):
            try:
                jobs += read(found.path)
            except CiError as error:
                notes.append(str(error))
        if not any(job.commands for job in jobs):
            return Gathered(notes=tuple(notes))
    else:
        path, wanted = split_target(target)
        jobs = read(path if path.is_absolute() else cwd / path)
    choice = choose(jobs, wanted)
    variant, why = choose_variant(choice.job, python, sys.platform)
    sources = [choice.why.rstrip("."), why.rstrip(".")] if len(choice.job.variants) > 1 else [choice.why.rstrip(".")]
    command = next((c for c in variant.commands if not c.unresolved), None)
    env, left_out = _variables(variant.env if command is None else command.env)
    notes += left_out
    sources += [f"{entry.name} from {entry.source} ({entry.level})" for entry in env]
    services = [_service(service) for service in variant.services]
    sources += [f"service {s.name} ({s.image}) from {s.source}" for s in variant.services]
    notes += [f"{item.source}: {item.reason}: {item.text}" for item in variant.unresolved]
    directory = None
    if command is not None:
        sources.append(f"{' '.join(command.argv)} from {command.source}{_through(command)}")
        directory = repository_of(cwd) / command.working_directory
    return Gathered(
        env=tuple((entry.name, entry.value or "") for entry in env),
        services=tuple(services),
        args=() if command is None else command.args,
        invocation="pytest" if command is None else command.invocation,
        directory=directory,
        coverage=() if command is None else command.features.coverage,
        workers="" if command is None else command.features.workers or "",
        dist="load" if command is None else command.features.dist or "load",
        places=(
            *((entry.name, f"{entry.source} ({entry.level})") for entry in env),
            *((f"service {s.name}", str(s.source)) for s in variant.services),
            *((("command", f"{command.source}{_through(command)}"),) if command is not None else ()),
        ),
        sources=tuple(sources),
        notes=tuple(notes),
    )


def _variables(entries: tuple[EnvEntry, ...]) -> tuple[list[EnvEntry], list[str]]:
    """The variables whose value is known, and a note on each of the others. What CI itself sets is not the job's."""
    strongest: Mapping[str, EnvEntry] = {entry.name: entry for entry in entries}
    own = [entry for entry in strongest.values() if entry.level not in ("default", "service")]
    notes = [
        f"{entry.name} ({entry.source}) needs the secret {', '.join(entry.secrets)}: give it with --env"
        if entry.secrets
        else f"{entry.name} ({entry.source}) is left out: {entry.shown} is known to a CI run only"
        for entry in own
        if entry.value is None
    ]
    return [entry for entry in own if entry.value is not None], notes


def _service(service: Service) -> model.Service:
    published = [(port.container, port.host) for port in service.ports if port.protocol == "tcp"]
    health = service.health
    return model.Service(
        service.name,
        image=None if service.unresolved else service.image or None,
        env=tuple((entry.name, entry.value) for entry in service.env if entry.value is not None),
        command=service.command,
        health=None
        if health is None
        else model.Health(health.command, health.interval, health.timeout, health.retries, health.start_period),
        places=(*places_of(service.name, published), *(model.Place(alias, 0, 0) for alias in service.aliases)),
    )


def _through(command: PytestCommand) -> str:
    return f" through {', '.join(command.through)}" if command.through else ""
