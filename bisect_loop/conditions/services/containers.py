"""Containers of CI's own images: what all of them share, and services that the tool has no word for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from bisect_loop.conditions.services.engine import Container, Engine
from bisect_loop.conditions.services.seam import Launch, ServiceError
from bisect_loop.model import Service


@contextmanager
def begin(service: Service, launch: Launch, inside: Sequence[int]) -> Iterator[Container]:
    """Start a container of `service.image`; one that the block raises in is removed.

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
        engine.image(image, launch.say)
        container = engine.run(image, inside, env=dict(service.env), command=service.command, health=service.health)
        yield container
    except BaseException:
        if container is not None:
            container.stop()
        engine.close()
        raise


def started(service: Service, kind: str, version: str) -> Service:
    """`service` as it runs, without what it was asked for: that may hold passwords."""
    return replace(service, kind=kind, version=version, env=(), command=(), health=None, places=())
