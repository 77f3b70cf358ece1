"""Forecasts."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from weather.clients import AT_ONCE, HTTP

BEAUFORT = (1, 4, 7, 11, 17, 22, 28, 34, 41, 48, 56, 64)


def beaufort(knots: float) -> int:
    """The force of a wind."""
    return sum(knots >= least for least in BEAUFORT)


async def wind(base_url: str, place: str) -> int:
    """The force of the wind at `place`. Raises LookupError where there is no station."""
    async with AT_ONCE.get():
        response = await HTTP.get().get(f"{base_url}/{place}")
    if response.status_code == 404:
        raise LookupError(f"no station at {place}")
    return beaufort(float(response.text))


async def winds(base_url: str, places: Sequence[str]) -> list[int]:
    return await asyncio.gather(*(wind(base_url, place) for place in places))


async def may_sail(base_url: str, places: Sequence[str], most: int = 6) -> bool:
    """Whether the wind is at most force `most` everywhere."""
    return max(await winds(base_url, places), default=0) <= most
