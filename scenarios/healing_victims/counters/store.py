"""Where counts are kept: in Redis where there is one, else in this process."""

from __future__ import annotations

import os
from collections import Counter

from redis.asyncio import Redis, from_url

_REDIS: Redis | None = None


class Memory:
    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()

    async def incrby(self, key: str, amount: int) -> int:
        self.counts[key] += amount
        return self.counts[key]


MEMORY = Memory()


def store() -> Redis | Memory:
    """The store of this process; the client of Redis is made with its first use."""
    global _REDIS
    if _REDIS is None and (url := os.environ.get("REDIS_URL")):
        _REDIS = from_url(url)
    return _REDIS or MEMORY
