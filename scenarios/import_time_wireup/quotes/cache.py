"""Quotes that were made before, so that a customer hears the same price twice."""

from __future__ import annotations

from typing import Protocol

from redis.asyncio import Redis


class Cache(Protocol):
    async def get(self, key: str) -> str | None: ...

    async def put(self, key: str, value: str) -> None: ...


class RedisCache:
    def __init__(self, client: Redis) -> None:
        self.client = client

    async def ready(self) -> bool:
        return bool(await self.client.ping())

    async def get(self, key: str) -> str | None:
        found = await self.client.get(f"quote:{key}")
        return None if found is None else found.decode()

    async def put(self, key: str, value: str) -> None:
        await self.client.set(f"quote:{key}", value, ex=3600)


class MemoryCache:
    def __init__(self) -> None:
        self.kept: dict[str, str] = {}

    async def get(self, key: str) -> str | None:
        return self.kept.get(key)

    async def put(self, key: str, value: str) -> None:
        self.kept[key] = value


CACHE: Cache | None = None
