"""Redis in a container of CI's own image."""

from __future__ import annotations

import threading
from dataclasses import replace
from urllib.parse import quote

from bisect_loop.conditions.leaks import Snapshot
from bisect_loop.conditions.services import redis_state as state
from bisect_loop.conditions.services.containers import begin
from bisect_loop.conditions.services.engine import HOST, Container
from bisect_loop.conditions.services.resp import Address, NotRedis, Refused
from bisect_loop.conditions.services.seam import Launch, Server, ServiceError, Targets
from bisect_loop.conditions.services.started import started
from bisect_loop.model import Service

_IMAGE = "redis:7-alpine"  # where neither CI nor the user names one


def start(service: Service, launch: Launch) -> Server:
    """Start a container of the service's image. Raises Unavailable without an engine or an image."""
    service = replace(service, image=service.image or _IMAGE, health=None)
    with begin(service, launch, [state.PORT]) as container:
        address = Address(HOST, container.ports[state.PORT], password=_password(service))

        def version() -> str | None:
            try:
                info = state.info(address)
            except Refused as error:
                raise ServiceError(
                    f"Redis in the container of {service.image} refuses: {error}. The tool reads its password from"
                    " REDIS_PASSWORD or --requirepass of the service."
                ) from None
            except (OSError, NotRedis):
                return None
            return info.get("redis_version", "") if isinstance(info, dict) else None

        found = container.wait(version, launch.container_ready_within)
        return ContainerRedis(started(service, "docker", found), container, address, launch)


class ContainerRedis:
    """A Redis of ours in a container, on a port of 127.0.0.1."""

    pgid = None

    def __init__(self, service: Service, container: Container, address: Address, launch: Launch) -> None:
        password = f":{quote(address.password, safe='')}@" if address.password else ""
        self.service = replace(service, url=f"redis://{password}{HOST}:{address.port}/0")
        self.container = container
        self._address = address
        self._within = launch.container_ready_within
        self._lock = threading.RLock()
        state.keep_nothing_on_disk(address)
        self._settings = state.settings_of(address)

    def env(self) -> dict[str, str]:
        return {"REDIS_URL": self.service.url or ""}

    @property
    def targets(self) -> Targets:
        return {state.PORT: state.target(self._address)}

    def keep(self) -> None:
        """It begins empty."""

    def reset(self) -> None:
        """Empty the server. One that a test reconfigured, blocked or shut down is started anew on its port."""
        with self._lock:
            if state.emptied(self._address, self._settings):
                return
            self.container.restart()
            self.container.wait(self._as_new, self._within)

    def _as_new(self) -> bool | None:
        try:
            state.keep_nothing_on_disk(self._address)
        except (OSError, NotRedis, Refused):
            return None
        return state.emptied(self._address, self._settings) or None

    def snapshot(self) -> Snapshot:
        return state.snapshot(self._address)

    def alive(self) -> bool:
        return self.container.running()

    def stop(self) -> None:
        self.container.stop()


def _password(service: Service) -> str:
    """What the container asks for: by its own arguments, or by the variable that common images read."""
    for before, word in zip(service.command, service.command[1:], strict=False):
        if before == "--requirepass":
            return word
    return dict(service.env).get("REDIS_PASSWORD", "")
