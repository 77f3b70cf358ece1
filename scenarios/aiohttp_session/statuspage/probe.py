"""Asks a service how it is."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Literal

import aiohttp

from statuspage.http import Http

State = Literal["up", "degraded", "down", "unknown"]


@dataclass(frozen=True)
class Service:
    name: str
    url: str


def state_of(status: int) -> State:
    if status < 400:
        return "up"
    return "degraded" if status in (408, 429, 503) else "down"


async def probe(service: Service, session: aiohttp.ClientSession | None = None) -> State:
    """The state of `service`; "unknown" as long as no session is open."""
    session = session or Http.session
    if session is None:
        return "unknown"
    try:
        async with session.get(service.url) as response:
            return state_of(response.status)
    except (aiohttp.ClientError, asyncio.TimeoutError):
        return "down"
