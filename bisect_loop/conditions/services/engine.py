"""A Docker engine through the Docker SDK: images, and containers that do not outlive the tool.

Each container carries labels that say which process of which machine it belongs to. Where that process was killed
before it could remove its containers, the next start of the tool does.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import platform
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from bisect_loop.conditions.services.process import free_port, interrupts_held
from bisect_loop.conditions.services.seam import Say, ServiceError, Unavailable
from bisect_loop.model import Health

T = TypeVar("T")

LABEL = "bisect-loop.owner"
HOST = "127.0.0.1"

_PORT_ATTEMPTS = 10
_ANSWER_WITHIN = 120.0  # seconds for one answer of the engine; a busy one takes its time
_POLL = 0.02
# Each of these shares of a download makes a line.
_SHARES = (25, 50, 75)


def owner(pid: int) -> str | None:
    """What a container of the process `pid` is labelled with; None where there is no such process.

    The number alone would do for another process after a while, and for another machine at any time.
    """
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return None
    except PermissionError:  # it is there, and not ours to signal
        pass
    boot, started = "", ""
    with contextlib.suppress(OSError, IndexError):
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        started = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    return " ".join((platform.node(), str(pid), boot, started)).strip()


def abandoned(label: str) -> bool:
    """Tell whether the owner that `label` names was a process of this machine and is gone."""
    words = label.split(" ")
    if len(words) < 2 or words[0] != platform.node() or not words[1].isdecimal():
        return False
    return owner(int(words[1])) != label


class Engine:
    """The engine that DOCKER_HOST or Docker's context names. Close it when it is no longer needed."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        """Connect. Raises Unavailable where there is no engine, or one whose ports are not on this machine."""
        try:
            self._docker = importlib.import_module("docker")
        except ImportError:
            raise Unavailable(
                "Containers need the Docker SDK: pip install 'bisect-loop[services]', or take another kind of service."
            ) from None
        self.errors: Any = self._docker.errors
        where = environ.get("DOCKER_HOST") or _host_of_context(environ)
        if where and not where.startswith(("unix://", "npipe://", "tcp://127.", "tcp://localhost", "http+unix://")):
            raise Unavailable(
                f"The Docker engine at {where} is not on this machine, and containers are reached on {HOST} only:"
                " name a running service with --service NAME=URL."
            )
        try:
            settings = {**environ, "DOCKER_HOST": where} if where else dict(environ)
            self.api: Any = self._docker.from_env(environment=settings, version="auto", timeout=_ANSWER_WITHIN).api
        except Exception as error:  # the SDK lets errors of requests and of the socket through as they are
            raise Unavailable(
                f"No Docker engine answers{f' at {where}' if where else ''} ({_reason(error)}): start Docker, or take"
                " another kind of service, as in --service redis=embedded."
            ) from error

    def close(self) -> None:
        self.api.close()

    def sweep(self) -> list[str]:
        """Remove the containers of runs of this machine that were killed; return their ids."""
        removed = []
        for found in self.api.containers(all=True, filters={"label": LABEL}):
            if abandoned(found["Labels"].get(LABEL, "")):
                self.remove(found["Id"])
                removed.append(found["Id"])
        return removed

    def image(self, name: str, say: Say) -> dict[str, Any]:
        """Return what the engine knows of an image, which is pulled where it is not there.

        Raises Unavailable where it cannot be had.
        """
        with contextlib.suppress(self.errors.ImageNotFound):
            found: dict[str, Any] = self.api.inspect_image(name)
            return found
        repository, tag = self._docker.utils.parse_repository_tag(name)
        say(f"pulling the image {name}")
        try:
            for share in _shares(self.api.pull(repository, tag or "latest", stream=True, decode=True)):
                say(f"pulling the image {name}: {share} %")
            pulled: dict[str, Any] = self.api.inspect_image(name)
        except (self.errors.DockerException, _PullError, OSError) as error:
            raise Unavailable(
                f"The image {name} is not on this machine and cannot be pulled ({_reason(error)}): check its name and"
                " the network, or log in to its registry."
            ) from error
        return pulled

    def run(
        self,
        image: str,
        inside: Sequence[int],
        *,
        env: Mapping[str, str],
        command: Sequence[str] = (),
        health: Health | None = None,
        memory: str | None = None,
    ) -> Container:
        """Start a container whose ports `inside` are published on ports of 127.0.0.1; nobody waited for it yet.

        `memory` is a folder inside that is kept in memory.

        Raises ServiceError. No container is left behind then, nor when a KeyboardInterrupt arrives.
        """
        reason = ""
        for _ in range(_PORT_ATTEMPTS):
            ports = {port: free_port() for port in inside}
            container: Container | None = None
            try:
                with interrupts_held():
                    container = self._create(image, ports, env, command, health, memory)
                    self.api.start(container.id)
                return container
            except BaseException as error:
                if container is not None:
                    container.stop()
                if not isinstance(error, (self.errors.DockerException, OSError)):
                    raise
                reason = _reason(error)
                if "address already in use" not in reason and "port is already allocated" not in reason:
                    raise ServiceError(f"A container of {image} cannot be started: {reason}.") from error
        raise ServiceError(f"No port of {HOST} stayed free long enough for {image} ({reason}): run again.")

    def _create(
        self,
        image: str,
        ports: Mapping[int, int],
        env: Mapping[str, str],
        command: Sequence[str],
        health: Health | None,
        memory: str | None,
    ) -> Container:
        # An explicit port, because a container that is started anew must be found where it was.
        bindings = {inside: (HOST, port) for inside, port in ports.items()}
        check = None if health is None else _health_check(health)
        created = self.api.create_container(
            image,
            command=list(command) or None,
            environment=dict(env),
            labels={LABEL: owner(os.getpid()) or ""},
            ports=list(ports),
            host_config=self.api.create_host_config(port_bindings=bindings, tmpfs={memory: ""} if memory else None),
            **({} if check is None else {"healthcheck": check}),
        )
        return Container(self, created["Id"], image, ports)

    def remove(self, container: str) -> None:
        """Remove a container and its volumes. Raises ServiceError where it stays."""
        try:
            self.api.remove_container(container, force=True, v=True)
        except self.errors.NotFound:
            return
        except (self.errors.DockerException, OSError) as error:
            if "already in progress" not in str(error):
                raise ServiceError(
                    f"The container {container[:12]} cannot be removed ({_reason(error)}): docker rm -f"
                    f" {container[:12]}"
                ) from error


class Container:
    """A container of ours. `ports` leads from a port inside to the one of 127.0.0.1."""

    def __init__(self, engine: Engine, container: str, image: str, ports: Mapping[int, int]) -> None:
        self.id = container
        self.image = image
        self.ports = dict(ports)
        self._engine = engine
        self._stopped = False

    def state(self) -> dict[str, Any]:
        """What the engine says of it now; empty where it is gone."""
        try:
            state: dict[str, Any] = self._engine.api.inspect_container(self.id)["State"]
        except (self._engine.errors.DockerException, OSError):
            return {}
        return state

    def running(self) -> bool:
        return not self._stopped and bool(self.state().get("Running"))

    def last_words(self) -> str:
        """The last line that it logged."""
        try:
            text = self._engine.api.logs(self.id, tail=20).decode("utf-8", "replace")
        except (self._engine.errors.DockerException, OSError):
            text = ""
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        return lines[-1].rstrip(".") if lines else "it logged nothing"

    def wait(self, answer: Callable[[], T | None], seconds: float) -> T:
        """Ask until there is an answer. Raises ServiceError where there is none within `seconds`."""
        deadline = time.monotonic() + seconds
        while True:
            if (said := answer()) is not None:
                return said
            state = self.state()
            if not state.get("Running"):
                code = state.get("ExitCode", "?")
                raise ServiceError(
                    f"The container of {self.image} ended as soon as it was started (exit {code}): {self.last_words()}."
                )
            if (state.get("Health") or {}).get("Status") == "unhealthy":
                said_last = ((state["Health"].get("Log") or [{}])[-1].get("Output") or "").strip() or "it says nothing"
                raise ServiceError(
                    f"The container of {self.image} is unhealthy: its health check says {said_last.splitlines()[-1]!r}."
                )
            if time.monotonic() > deadline:
                raise ServiceError(
                    f"The container of {self.image} was not ready within {seconds:g} s: {self.last_words()}. Is the"
                    " machine too busy?"
                )
            time.sleep(_POLL)

    def restart(self) -> None:
        """Start it anew, on the same ports. Raises ServiceError."""
        try:
            self._engine.api.restart(self.id, timeout=0)
        except (self._engine.errors.DockerException, OSError) as error:
            raise ServiceError(f"The container of {self.image} cannot be started anew: {_reason(error)}.") from error

    def stop(self) -> None:
        """Remove it. Safe to call twice. Raises ServiceError where it stays."""
        with interrupts_held():
            if not self._stopped:
                self._engine.remove(self.id)
                self._stopped = True


class _PullError(Exception):
    """The engine's own word on why an image cannot be had."""


def _shares(events: Iterator[dict[str, Any]]) -> Iterator[int]:
    """Follow a download and yield how much of it is there, in per cent, at a few steps. Raises _PullError."""
    layers: dict[str, tuple[int, int]] = {}
    said = 0
    for event in events:
        if "error" in event:
            raise _PullError(event["error"])
        detail = event.get("progressDetail") or {}
        if event.get("status") == "Downloading" and detail.get("total"):
            layers[event["id"]] = (detail.get("current", 0), detail["total"])
            share = 100 * sum(done for done, _ in layers.values()) // sum(total for _, total in layers.values())
            reached = max((step for step in _SHARES if step <= share), default=0)
            if reached > said:
                said = reached
                yield reached


def _health_check(health: Health) -> dict[str, Any]:
    """CI's check, asked more often: what it waits for in all stays the same."""
    interval = health.interval or 30.0
    often = min(interval, 0.5)
    retries = max(1, round((health.retries or 3) * interval / often))
    nanoseconds = {
        "interval": often,
        "timeout": health.timeout or 30.0,
        "start_period": health.start_period or 0.0,
    }
    return {
        "test": ["CMD-SHELL", health.command],
        "retries": retries,
        **{name: int(value * 1e9) for name, value in nanoseconds.items()},
    }


def _host_of_context(environ: Mapping[str, str]) -> str:
    """The engine of Docker's current context; "" for the default one."""
    if not Path(environ.get("HOME", "/nonexistent"), ".docker", "config.json").exists():
        return ""
    context = importlib.import_module("docker.context").ContextAPI.get_current_context()
    return str(getattr(context, "Host", None) or "") if context is not None and context.name != "default" else ""


def _reason(error: BaseException) -> str:
    """The shortest true sentence in an error of the SDK."""
    text = str(getattr(error, "explanation", None) or error)
    inner = error
    while inner.__cause__ or inner.__context__:
        inner = inner.__cause__ or inner.__context__ or inner
    if isinstance(inner, OSError) and inner.strerror:
        text = inner.strerror
    return (text.strip().splitlines() or ["no reason given"])[-1].rstrip(".")
