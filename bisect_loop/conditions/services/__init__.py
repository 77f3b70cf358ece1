"""Services like CI's: `start` gives a running `Server`, whatever provides it.

A provider is a function in the table below. The rest of the tool knows `Server` only.
"""

from __future__ import annotations

import contextlib

from bisect_loop.conditions.services import redis, redis_docker
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
        "url": redis.connect,
    },
}


def start(service: Service, launch: Launch) -> Server:
    """Start `service` and return it ready for use; the caller stops it.

    Call once per parallel slot: each server has a port, a folder and a process group of its own. Raises
    ServiceError with one sentence for the user; nothing is left running then, nor when a KeyboardInterrupt
    arrives meanwhile.
    """
    providers = _PROVIDERS.get(_technology(service))
    if providers is None:
        raise ServiceError(
            f"The service {service.name} is not one that this version can provide ({', '.join(_PROVIDERS)}):"
            " run it yourself, and set the variable that the tests read with --env."
        )
    if service.kind == "auto":
        out = {"url"} if service.image else {"url", "docker"}
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


def _technology(service: Service) -> str:
    """The name in the table: a service called "cache" with the image "docker.io/redis:7" is a redis."""
    if service.name in _PROVIDERS or service.image is None:
        return service.name
    return service.image.rpartition("/")[2].partition("@")[0].partition(":")[0]
