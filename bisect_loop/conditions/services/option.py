"""The option `--service NAME[=HOW]`, as text."""

from __future__ import annotations

import re

from bisect_loop.conditions.services.seam import ServiceError
from bisect_loop.model import Service
from bisect_loop.redact import redact_url

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.-]*")
# Which of these exist is for the registry to say.
_IMAGE = re.compile(r"[a-z0-9](?:[\w./:@-]*\w)?", re.ASCII | re.IGNORECASE)
_KINDS = ("auto", "docker", "local", "embedded", "emulated")


def parse_service_option(text: str) -> Service:
    """Return the service that `text` asks for; nothing is started or looked for.

    "redis" is whatever is found first; "redis=local", "=embedded", "=docker" force that kind; "redis=docker:IMAGE"
    and "redis=IMAGE" force a container of that image; "redis=SCHEME://..." is one that runs already. Raises
    ServiceError where `text` is none of these.
    """
    name, equals, how = text.partition("=")
    if not _NAME.fullmatch(name):
        raise ServiceError(
            f"--service {redact_url(text)} does not begin with a name: write --service NAME=HOW,"
            " as in redis=embedded, redis=redis:7-alpine or redis=redis://localhost:6379/0."
        )
    if not equals:
        return Service(name)
    if "://" in how:
        return Service(name, "url", url=how)
    if how in _KINDS:
        return Service(name, how)
    image = how.removeprefix("docker:")
    if not _IMAGE.fullmatch(image):
        raise ServiceError(
            f"--service {redact_url(text)} says nothing that can be started after the '=': write"
            f" {name}=local, {name}=embedded, {name}=docker:IMAGE or {name}=URL."
        )
    return Service(name, "docker", image=image)


def option_of(service: Service) -> str:
    """What --service takes for a service like `service`, which the tool has started."""
    how = f"docker:{service.image}" if service.kind == "docker" and service.image else service.kind
    return f"{service.name}={how}"
