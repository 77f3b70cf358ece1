"""What a service is to the rest of the tool, whoever provides it."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from bisect_loop.conditions.leaks import Snapshot
from bisect_loop.conditions.services.pointing import Target
from bisect_loop.model import Service

# How long, in seconds, a server may take from its start until it answers in its own protocol.
READY_WITHIN = 10.0
# The same for a container, whose image may set a database up first.
CONTAINER_READY_WITHIN = 120.0

# A service's own port -> where variables that name it must point.
Targets = Mapping[int, Target]

Say = Callable[[str], None]


class ServiceError(Exception):
    """A service cannot be had. The message is for the user: what is wrong, and the mend, without secrets."""


class Unavailable(ServiceError):
    """This way of providing the service does not exist on this machine; another one may."""


class Server(Protocol):
    """A running service, for one slot at a time."""

    @property
    def service(self) -> Service:
        """What was started: `kind` is how ("embedded", never "auto"), `version` its own word, `url` is set."""
        ...

    @property
    def pgid(self) -> int | None:
        """The process group that is ours to kill; None where the service is no process of ours."""
        ...

    def env(self) -> dict[str, str]:
        """The variables under which the user's code finds the service, e.g. {"REDIS_URL": ...}."""
        ...

    @property
    def targets(self) -> Targets:
        """Where variables must point; empty where it listens on no port."""
        ...

    def keep(self) -> None:
        """Take what it holds now as the state before any test, where that can be kept: a Redis always begins empty."""
        ...

    def reset(self) -> None:
        """Bring back the state before any test, under the same URL. Raises ServiceError where it cannot."""
        ...

    def snapshot(self) -> Snapshot:
        """What it holds, as far as is known how to look; bounded in size. Raises ServiceError."""
        ...

    def alive(self) -> bool:
        """Tell whether the service still runs."""
        ...

    def stop(self) -> None:
        """End what was started, and wait until it is gone. Safe to call twice, and from another thread."""
        ...


def _ignore(pgid: int) -> None:
    del pgid


def silent(sentence: str) -> None:
    """Say nothing."""
    del sentence


@dataclass(frozen=True, slots=True)
class Launch:
    """Where and how to start a server, the same for every provider.

    `directory` is an existing folder in which the server makes one of its own, `quick` one in memory for data, where
    there is one. `environ` is the environment to look for programs in and to start them with. `on_start` gets the
    process group of each process right after it was spawned, before any signal handler of ours runs again, and
    `on_end` gets it once the group was killed and before its number can be given to another; a start that is tried
    again calls both once more. `on_quit` gets a group whose leader ends properly on SIGQUIT. `reset_external` is the
    user's leave to empty a service that the tool did not start. `say` is told what takes long. `variables` are those
    of CI's job and of the user, some of which may name the service. `secret` is the password of a server for which
    nobody names one.
    """

    directory: Path
    environ: Mapping[str, str]
    on_start: Callable[[int], None] = _ignore
    on_end: Callable[[int], None] = _ignore
    on_quit: Callable[[int], None] = _ignore
    quick: Path | None = None
    reset_external: bool = False
    ready_within: float = READY_WITHIN
    container_ready_within: float = CONTAINER_READY_WITHIN
    say: Say = silent
    variables: Mapping[str, str] = field(default_factory=dict)
    secret: str = field(default_factory=lambda: secrets.token_hex(8), repr=False)


class Provider(Protocol):
    """One way of getting one service."""

    def __call__(self, service: Service, launch: Launch) -> Server:
        """Start `service` and return it ready for use.

        Raises Unavailable where this machine has no such way, ServiceError for anything else; nothing that was
        started is left behind then, nor when a KeyboardInterrupt arrives.
        """
        ...
