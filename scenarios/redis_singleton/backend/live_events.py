"""The live event bus, one per process: dashboards listen on it."""

from __future__ import annotations

import json
from typing import Any, Protocol

from redis.asyncio import Redis


class Bus(Protocol):
    async def publish(self, channel: str, event: dict[str, Any]) -> int: ...


class RedisBus:
    def __init__(self, client: Redis) -> None:
        self.client = client

    async def publish(self, channel: str, event: dict[str, Any]) -> int:
        """Send `event` and return how many are listening."""
        return int(await self.client.publish(channel, json.dumps(event)))


class MemoryBus:
    """Keeps what was published, in order."""

    def __init__(self) -> None:
        self.published: list[tuple[str, dict[str, Any]]] = []

    async def publish(self, channel: str, event: dict[str, Any]) -> int:
        self.published.append((channel, event))
        return 0


_BUS: Bus | None = None


def bind(bus: Bus | None) -> None:
    global _BUS
    _BUS = bus


def current_bus() -> Bus | None:
    return _BUS


async def publish(channel: str, event: dict[str, Any]) -> int:
    """Send `event` to whoever listens; without a bus, to nobody."""
    return 0 if _BUS is None else await _BUS.publish(channel, event)
