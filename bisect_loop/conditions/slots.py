"""Slots for parallel trials, each with services of its own."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from bisect_loop.conditions.services import Launch, Server, ServiceError, option_of, start
from bisect_loop.conditions.services.pointing import Target, led, usual_places, without_password
from bisect_loop.conditions.services.seam import Say, silent
from bisect_loop.model import Place, Service
from bisect_loop.redact import redact_text
from bisect_loop.runner import guard
from bisect_loop.runner.target import Slot
from bisect_loop.runner.workspace import Workspace, tail


@dataclass(frozen=True, slots=True)
class Opened:
    """Slots whose services run. `services` is what the reader is told: those of the first slot.

    `started` says how --service asks for each that the tool has started. `named` has, for each service, the variables
    that lead `bisect-loop with` to it (the values of CI, the host being the service's name), or (of one that runs
    already) those that name it.
    """

    slots: list[Slot]
    services: tuple[Service, ...]
    servers: tuple[Server, ...]
    started: Mapping[str, str]
    named: Mapping[str, Mapping[str, str]]
    ours: Mapping[int, tuple[Server, ...]]  # for each slot, the servers that the tool has started

    @property
    def variables(self) -> Mapping[str, Mapping[str, str]]:
        """What the first slot's services set, for each service."""
        return self.slots[0].env

    def close(self) -> None:
        """Stop every service that was started. Safe to call twice. Raises ServiceError where one stays."""
        _stop(self.servers)


def open_slots(
    wanted: Sequence[Service],
    width: int,
    workspace: Workspace,
    environ: Mapping[str, str],
    *,
    optional: Sequence[Service] = (),
    variables: Mapping[str, str] | None = None,
    local: bool = True,
    reset_external: Collection[str] = (),
    cwd: Path | None = None,
    say: Say = silent,
) -> Opened:
    """Start the services `wanted` once for each of `width` slots, and those of `optional` that can be had here.

    Those of `variables` that point at a service, by its name or (with `local`) on localhost, are led to it; where none
    does, the service sets those of its own. A service that the user gives by URL is one and the same for all trials,
    so there is one slot then; those named in `reset_external` are emptied all the same. What a service is prepared with
    runs in `cwd`. `say` is told what is left out and why. Raises ServiceError; nothing is left running then.
    """
    if any(spec.kind == "url" for spec in wanted):
        width = 1
    variables = variables or {}
    launch = Launch(
        directory=Path(workspace.directory()),
        environ=environ,
        on_start=workspace.watch_group,
        on_end=workspace.forget_group,
        on_quit=workspace.ends_on_quit,
        quick=workspace.quick_directory() if wanted or optional else None,
        say=say,
        variables={**environ, **variables},
    )
    servers: list[Server] = []
    slots: list[Slot] = []
    chosen = [*wanted, *optional]
    first: list[Server] = []
    ours: dict[int, tuple[Server, ...]] = {}
    try:
        for index in range(width):
            mine: list[Server] = []
            had: list[Service] = []
            for spec in chosen:
                try:
                    server = start(spec, replace(launch, reset_external=spec.name in reset_external))
                except ServiceError as error:
                    if index or spec not in optional:
                        raise
                    launch.say(f"trials run without CI's {spec.name}: {error}")
                else:
                    servers.append(server)
                    mine.append(server)
                    had.append(spec)
            chosen = had
            first = first or mine
            env = _env(chosen, mine, variables, local)
            for spec in chosen:
                if spec.prepare:
                    set_by = {name: value for names in env.values() for name, value in names.items()}
                    _prepare(spec, workspace, cwd, {**environ, **variables, **set_by})
            if any(spec.prepare for spec in chosen):
                for server in mine:
                    server.keep()
            slots.append(Slot(index, env, _Reset(mine)))
            ours[index] = tuple(server for server in mine if server.service.kind != "url")
    except BaseException:
        _stop(servers)
        raise
    return Opened(
        slots,
        tuple(server.service for server in first),
        tuple(servers),
        {
            server.service.name: option_of(server.service, spec)
            for spec, server in zip(chosen, first, strict=True)
            if spec.kind != "url"
        },
        {
            server.service.name: _names(spec, server, variables, local)
            if spec.kind != "url"
            else slots[0].env[server.service.name]
            for spec, server in zip(chosen, first, strict=True)
        },
        ours,
    )


def _places(spec: Service, server: Server, local: bool) -> tuple[Place, ...]:
    names = [place.host for place in spec.places if not place.inside]
    known = tuple(place for place in spec.places if place.inside)
    usual = usual_places(spec.name, server.targets, local=local)
    return (*known, *(Place(name, port, port) for name in names for port in server.targets), *usual)


def _env(
    chosen: Sequence[Service], servers: Sequence[Server], variables: Mapping[str, str], local: bool
) -> dict[str, dict[str, str]]:
    """The variables of each service."""
    now = dict(variables)
    env: dict[str, dict[str, str]] = {}
    for spec, server in zip(chosen, servers, strict=True):
        pointing = led(now, _places(spec, server, local), server.targets)
        now.update(pointing)
        env[server.service.name] = pointing or server.env()
    # A variable may name two services, and then it is the last of them that has the whole of it.
    return {name: {each: now.get(each, value) for each, value in mine.items()} for name, mine in env.items()}


def _names(spec: Service, server: Server, variables: Mapping[str, str], local: bool) -> dict[str, str]:
    """The variables that point at the service, as `bisect-loop with` must find them."""
    canonical = {inside: Target(spec.name, inside, userinfo=_none(target)) for inside, target in server.targets.items()}
    named = led(variables, _places(spec, server, local), canonical)
    secret = any(target.password is not None for target in server.targets.values())
    return {name: without_password(value) if secret else value for name, value in named.items()}


def _none(target: Target) -> str | None:
    """A password that comes from the server itself is not written into a command."""
    return None if target.userinfo is None else ""


def _prepare(spec: Service, workspace: Workspace, cwd: Path | None, env: Mapping[str, str]) -> None:
    """Run the command that makes the state before each trial, e.g. migrations. Raises ServiceError."""
    output = workspace.directory() / "output"
    process = workspace.spawn(["/bin/sh", "-c", spec.prepare], cwd=cwd or Path.cwd(), env=env, output=output)
    code = process.wait()
    guard.kill_group(process.pid)
    workspace.forget_group(process.pid)
    if code:
        lines = [line.strip() for line in tail(output).splitlines() if line.strip()]
        said = redact_text(lines[-1].rstrip(".")) if lines else "it says nothing"
        raise ServiceError(f"`{spec.prepare}`, which prepares {spec.name}, ends with {code}: {said}.")


def _stop(servers: Sequence[Server]) -> None:
    """Stop them all, whatever becomes of one; then raise what the first one raised."""
    trouble: ServiceError | None = None
    for server in servers:
        try:
            server.stop()
        except ServiceError as error:
            trouble = trouble or error
    if trouble is not None:
        raise trouble


@dataclass(frozen=True, slots=True)
class _Reset:
    servers: Sequence[Server]

    def __call__(self) -> None:
        for server in self.servers:
            server.reset()
