"""Slots for parallel trials, each with services of its own."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from bisect_loop.conditions.services import Launch, Server, ServiceError, start
from bisect_loop.conditions.services.seam import Say, silent
from bisect_loop.model import Service
from bisect_loop.runner.target import Slot
from bisect_loop.runner.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Opened:
    """Slots whose services run. `services` is what the reader is told: those of the first slot."""

    slots: list[Slot]
    services: tuple[Service, ...]
    servers: tuple[Server, ...]

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
    reset_external: Collection[str] = (),
    say: Say = silent,
) -> Opened:
    """Start the services `wanted` once for each of `width` slots, and those of `optional` that can be had here.

    A service that the user gives by URL is one and the same for all trials, so there is one slot then; those named
    in `reset_external` are emptied all the same. `say` is told what is left out and why. Raises ServiceError;
    nothing is left running then.
    """
    if any(spec.kind == "url" for spec in wanted):
        width = 1
    launch = Launch(
        directory=Path(workspace.directory()),
        environ=environ,
        on_start=workspace.watch_group,
        on_end=workspace.forget_group,
        say=say,
    )
    servers: list[Server] = []
    slots: list[Slot] = []
    services: tuple[Service, ...] = ()
    chosen = [*wanted, *optional]
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
            env = {server.service.name: server.env() for server in mine}
            slots.append(Slot(index, env, _Reset(mine)))
            services = services or tuple(server.service for server in mine)
    except BaseException:
        _stop(servers)
        raise
    return Opened(slots, services, tuple(servers))


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
