"""Slots for parallel trials, each with services of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bisect_loop.conditions.services import Launch, Server, start
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
        """Stop every service that was started. Safe to call twice."""
        for server in self.servers:
            server.stop()


def open_slots(
    wanted: Sequence[Service],
    width: int,
    workspace: Workspace,
    environ: Mapping[str, str],
    reset_external: bool = False,
) -> Opened:
    """Start the services `wanted` once for each of `width` slots.

    A service that the user gives by URL is one and the same for all trials, so there is one slot then. Raises
    ServiceError; nothing is left running then.
    """
    if any(spec.kind == "url" for spec in wanted):
        width = 1
    launch = Launch(
        directory=Path(workspace.directory()),
        environ=environ,
        on_start=workspace.watch_group,
        on_end=workspace.forget_group,
        reset_external=reset_external,
    )
    servers: list[Server] = []
    slots: list[Slot] = []
    services: tuple[Service, ...] = ()
    try:
        for index in range(width):
            mine = []
            for spec in wanted:
                mine.append(start(spec, launch))
                servers.append(mine[-1])
            env = {server.service.name: server.env() for server in mine}
            slots.append(Slot(index, env, _Reset(mine)))
            services = services or tuple(server.service for server in mine)
    except BaseException:
        for server in servers:
            server.stop()
        raise
    return Opened(slots, services, tuple(servers))


@dataclass(frozen=True, slots=True)
class _Reset:
    servers: Sequence[Server]

    def __call__(self) -> None:
        for server in self.servers:
            server.reset()
