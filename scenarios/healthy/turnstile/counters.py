"""Where passes are counted: in Redis, or in this process where there is none."""

from __future__ import annotations

import os
from collections import Counter
from typing import Protocol

import redis.asyncio


class Counters(Protocol):
    async def add(self, key: str) -> int: ...
    async def close(self) -> None: ...


class InMemory:
    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()

    async def add(self, key: str) -> int:
        self._counts[key] += 1
        return self._counts[key]

    async def close(self) -> None:
        self._counts.clear()


class InRedis:
    def __init__(self, url: str, seconds: int = 120) -> None:
        self._client = redis.asyncio.from_url(url)
        self._seconds = seconds
        self._used: set[str] = set()

    async def add(self, key: str) -> int:
        self._used.add(key)
        count = await self._client.incr(key)
        await self._client.expire(key, self._seconds)
        return count

    async def close(self) -> None:
        if self._used:
            await self._client.delete(*self._used)
        await self._client.aclose()


def connect() -> Counters:
    """Counters of the caller's own, who closes them."""
    url = os.environ.get("REDIS_URL")
    return InRedis(url) if url else InMemory()
