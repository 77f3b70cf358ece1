"""Services like CI's: `start` gives a running `Server`, whatever provides it.

A provider is a function in the table below. The rest of the tool knows `Server` only.
"""

from __future__ import annotations

import contextlib

from bisect_loop.conditions.services import containers, postgres, postgres_docker, redis, redis_docker
from bisect_loop.conditions.services.option import option_of, parse_service_option
from bisect_loop.conditions.services.seam import Launch, Provider, Server, ServiceError, Unavailable
from bisect_loop.model import Service

__all__ = ["Launch", "Server", "ServiceError", "Unavailable", "option_of", "parse_service_option", "start"]

# Kind "auto" takes the first that this machine has, in this order; "url" needs the user's word, and "docker" an image
# that somebody named: none is pulled unasked.
_PROVIDERS: dict[str, dict[str, Provider]] = {
    "redis": {
        "docker": redis_docker.start,
        "local": redis.start_local,
        "embedded": redis.start_embedded,
        "emulated": redis.start_emulated,
        "url": redis.connect,
    },
    "postgres": {
        "docker": postgres_docker.start,
        "local": postgres.start_local,
        "embedded": postgres.start_embedded,
        "url": postgres.start_given,
    },
}
_ANY: dict[str, Provider] = {"docker": containers.start}

# By other names, of services and of images.
_ALIASES = {"postgresql": "postgres", "pg": "postgres", "valkey": "redis"}
# The same protocol with more to it: only the image itself will do.
_MORE_THAN = {
    **dict.fromkeys(("postgis", "pgvector", "timescaledb", "timescaledb-ha"), "postgres"),
    **dict.fromkeys(("redis-stack", "redis-stack-server", "keydb", "dragonfly"), "redis"),
}
_SCHEMES = {"redis": "redis", "rediss": "redis", "unix": "redis", "postgresql": "postgres", "postgres": "postgres"}


def start(service: Service, launch: Launch) -> Server:
    """Start `service` and return it ready for use; the caller stops it.

    Call once per parallel slot: each server has a port, a folder and a process group of its own. Raises
    ServiceError with one sentence for the user; nothing is left running then, nor when a KeyboardInterrupt
    arrives meanwhile.
    """
    technology, exactly = _technology(service)
    providers = _PROVIDERS.get(technology, _ANY)
    if technology not in _PROVIDERS and (service.kind == "url" or not service.image):
        raise ServiceError(
            f"The service {service.name} is not one that is known by its name ({', '.join(_PROVIDERS)}): name its"
            f" image, as in --service {service.name}=docker:IMAGE, or run it yourself and set the variable that the"
            " tests read with --env."
        )
    if service.kind == "auto":
        out = {"url"} if service.image else {"url", "docker"}
        out |= {"local", "embedded", "emulated"} if exactly else set()
        return _first(service, launch, [provider for kind, provider in providers.items() if kind not in out])
    if service.kind not in providers:
        raise ServiceError(
            f"The service {service.name} cannot be had as {service.kind!r}: take {', '.join(providers)}."
        )
    return providers[service.kind](service, launch)


def _first(service: Service, launch: Launch, providers: list[Provider]) -> Server:
    *others, last = providers
    for provider in others:
        with contextlib.suppress(Unavailable):
            return provider(service, launch)
    # The last is the one that asks least of the machine, so its mend is the nearest.
    return last(service, launch)


def _technology(service: Service) -> tuple[str, bool]:
    """The name in the table, and whether nothing but the service's own image will do.

    A service called "cache" with the image "docker.io/redis:7" is a redis.
    """
    image = "" if service.image is None else service.image.rpartition("/")[2].partition("@")[0].partition(":")[0]
    if image in _MORE_THAN:
        return _MORE_THAN[image], True
    if service.kind == "url":
        scheme = (service.url or "").partition("://")[0].partition("+")[0]
        return _SCHEMES.get(scheme, _ALIASES.get(service.name, service.name)), False
    for name in (service.name, image):
        if _ALIASES.get(name, name) in _PROVIDERS:
            return _ALIASES.get(name, name), False
    return image or service.name, True
