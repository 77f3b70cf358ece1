"""The service: `python -m quotes.main` serves what `handle` answers."""

from __future__ import annotations

import asyncio
import os
from decimal import Decimal

from redis.asyncio import from_url

from quotes import cache
from quotes.pricing import Part, discounted

CATALOG = {"M6": Part("M6", Decimal("0.12")), "M8": Part("M8", Decimal("0.19"))}

if url := os.environ.get("REDIS_URL"):
    cache.CACHE = cache.RedisCache(from_url(url))
    if not asyncio.run(cache.CACHE.ready()):  # better now than with the first customer
        raise SystemExit("Redis does not answer")


def handle(path: str) -> tuple[int, str]:
    """(status, body) for a path such as /list/M6/10."""
    parts = path.strip("/").split("/")
    if len(parts) != 3 or parts[0] != "list":
        return 404, "no such page"
    _, number, count = parts
    if number not in CATALOG:
        return 404, f"no part {number}"
    if not count.isdigit() or int(count) < 1:
        return 400, "how many?"
    return 200, str(discounted(CATALOG[number], int(count)))
