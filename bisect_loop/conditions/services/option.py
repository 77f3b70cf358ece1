"""The option `--service NAME[=HOW]`, as text."""

from __future__ import annotations

import re
import shlex
from dataclasses import replace

from bisect_loop.conditions.services.seam import ServiceError
from bisect_loop.model import Health, Service
from bisect_loop.redact import redact_url

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.-]*")
# Which of these exist is for the registry to say.
_IMAGE = re.compile(r"[a-z0-9](?:[\w./:@-]*\w)?", re.ASCII | re.IGNORECASE)
_ITEM = re.compile(r"(?:\\.|[^\\,])+", re.DOTALL)
# Of a server that is no container, these count.
_NAMED = ("POSTGRES_USER", "POSTGRES_DB")
_KINDS = ("auto", "docker", "local", "embedded", "emulated")


def parse_service_option(text: str) -> Service:
    """Return the service that `text` asks for; nothing is started or looked for.

    "redis" is whatever is found first; "redis=local", "=embedded", "=docker" force that kind; "redis=docker:IMAGE"
    and "redis=IMAGE" force a container of that image; "redis=SCHEME://..." is one that runs already. What follows a
    comma is the container's own: NAME=VALUE, health=COMMAND, command=WORDS; or prepare=COMMAND, to be run once the
    service is there. A backslash keeps a comma. Raises ServiceError where `text` is none of these.
    """
    name, equals, how = text.partition("=")
    if "://" in how.partition(",")[0] and _NAME.fullmatch(name):
        return Service(name, "url", url=how)
    what, *items = (re.sub(r"\\(.)", r"\1", item) for item in _ITEM.findall(text)) if text else [""]
    name, equals, how = what.partition("=")
    if not _NAME.fullmatch(name):
        raise ServiceError(
            f"--service {redact_url(text)} does not begin with a name: write --service NAME=HOW,"
            " as in redis=embedded, redis=redis:7-alpine or redis=redis://localhost:6379/0."
        )
    given = dict(_item(item, text) for item in items)
    health = given.pop("health", "")
    service = Service(
        name,
        command=tuple(shlex.split(given.pop("command", ""))),
        prepare=given.pop("prepare", ""),
        health=Health(health) if health else None,
        env=tuple(given.items()),
    )
    if not equals:
        return service
    if how in _KINDS:
        return replace(service, kind=how)
    image = how.removeprefix("docker:")
    if not _IMAGE.fullmatch(image):
        raise ServiceError(
            f"--service {redact_url(text)} says nothing that can be started after the '=': write"
            f" {name}=local, {name}=embedded, {name}=docker:IMAGE or {name}=URL."
        )
    return replace(service, kind="docker", image=image)


def option_of(started: Service, asked: Service) -> str:
    """What --service takes for a service like `started`, which `asked` was asked for."""
    how = f"docker:{started.image}" if started.kind == "docker" and started.image else started.kind
    items = [f"{name}={value}" for name, value in asked.env if started.kind == "docker" or name in _NAMED]
    # Whoever starts a PostgreSQL chooses its password, and tells it to the tests.
    items = [item for item in items if not item.startswith("POSTGRES_PASSWORD=")]
    if started.kind == "docker":
        # One that has a URL is asked in its own protocol whether it is there.
        items += [f"health={asked.health.command}"] if asked.health and not started.url else []
        items += [f"command={shlex.join(asked.command)}"] if asked.command else []
    items += [f"prepare={asked.prepare}"] if asked.prepare else []
    escaped = (re.sub(r"([\\,])", r"\\\1", item) for item in items)
    return ",".join((f"{started.name}={how}", *escaped))


def _item(item: str, text: str) -> tuple[str, str]:
    name, equals, value = item.partition("=")
    if not equals or not name:
        raise ServiceError(
            f"--service {redact_url(text)} has {item!r} behind a comma: write NAME=VALUE, prepare=COMMAND,"
            " health=COMMAND or command=WORDS there."
        )
    return name, value
