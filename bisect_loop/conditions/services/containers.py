"""Containers of CI's own images: what all of them share, and services that the tool has no word for."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from bisect_loop.conditions.leaks import Snapshot
from bisect_loop.conditions.services.engine import HOST, Container, Engine
from bisect_loop.conditions.services.pointing import Target
from bisect_loop.conditions.services.seam import Launch, Server, ServiceError, Targets
from bisect_loop.conditions.services.started import started
from bisect_loop.model import Service

_ASK_TIMEOUT = 0.3


@contextmanager
def begin(
    service: Service,
    launch: Launch,
    inside: Sequence[int],
    *,
    env: Mapping[str, str] | None = None,
    command: Sequence[str] | None = None,
    memory: str | None = None,
) -> Iterator[Container]:
    """Start a container of `service.image`; one that the block raises in is removed.

    `env` and `command` take the place of the service's own; with no ports `inside` those that the image names count.
    Also removes what runs of this machine left that were killed. Raises Unavailable without an engine or an image.
    """
    image = service.image or ""
    engine = Engine(launch.environ)
    container: Container | None = None
    try:
        try:
            engine.sweep()
        except ServiceError as error:
            launch.say(str(error))
        found = engine.image(image, launch.say)
        container = engine.run(
            image,
            list(inside) or _exposed(found),
            env=dict(service.env) if env is None else env,
            command=service.command if command is None else command,
            health=service.health,
            memory=memory,
        )
        yield container
    except BaseException:
        if container is not None:
            container.stop()
        engine.close()
        raise


def start(service: Service, launch: Launch) -> Server:
    """Start any image: it is ready when its health check says so, else when its ports answer.

    Raises Unavailable without an engine or an image.
    """
    inside = sorted({place.inside for place in service.places})
    with begin(service, launch, inside) as container:

        def ready() -> bool | None:
            health = (container.state().get("Health") or {}).get("Status", "none")
            if health != "none":
                return True if health == "healthy" else None
            return all(_answers(port) for port in container.ports.values()) or None

        container.wait(ready, launch.container_ready_within)
        return AnyContainer(started(service, "docker", ""), container, launch)


class AnyContainer:
    """A service in a container of which the tool knows where it is, and not how it is emptied."""

    pgid = None

    def __init__(self, service: Service, container: Container, launch: Launch) -> None:
        self.service = service
        self.container = container
        launch.say(f"{service.name} ({service.image}) keeps its data from trial to trial: the tool cannot empty it")

    def env(self) -> dict[str, str]:
        """NAME_HOST and NAME_PORT, the port being the first that the service has."""
        name = re.sub(r"\W", "_", self.service.name).upper()
        ports = list(self.container.ports.values())
        return {f"{name}_HOST": HOST, f"{name}_PORT": str(ports[0])} if ports else {}

    @property
    def targets(self) -> Targets:
        return {inside: Target(HOST, port) for inside, port in self.container.ports.items()}

    def keep(self) -> None:
        """It keeps everything as it is."""

    def reset(self) -> None:
        """Nothing that is known would do it."""

    def snapshot(self) -> Snapshot:
        return Snapshot()

    def alive(self) -> bool:
        return self.container.running()

    def stop(self) -> None:
        self.container.stop()


def _exposed(image: Mapping[str, Any]) -> list[int]:
    """The TCP ports that an image says it listens on."""
    named = (image.get("Config") or {}).get("ExposedPorts") or {}
    return sorted(int(port.partition("/")[0]) for port in named if not port.endswith("/udp"))


def _answers(port: int) -> bool:
    """Tell whether somebody behind the engine's proxy takes a connection: the proxy itself hangs up at once."""
    try:
        with socket.create_connection((HOST, port), _ASK_TIMEOUT) as connection:
            try:
                return connection.recv(1) != b""
            except TimeoutError:
                return True
    except OSError:
        return False
