"""How many pictures are worked on at the same time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")

_SLOTS: asyncio.Semaphore | None = None


def configure(at_once: int) -> None:
    """Let `at_once` pictures be worked on, from now on."""
    global _SLOTS
    if at_once < 1:
        raise ValueError("at least one picture must be worked on")
    _SLOTS = asyncio.Semaphore(at_once)


async def in_turn(work: Callable[[], Awaitable[T]]) -> T:
    """Do `work` when there is room for it. Where nothing was configured there always is."""
    if _SLOTS is None:
        return await work()
    async with _SLOTS:
        return await work()
