"""Visits, by room and hour."""

from __future__ import annotations

from counters.store import store

ROOMS = ("bronze", "glass", "ivory", "maps", "prints", "silver")


def key(room: str, hour: int) -> str:
    if room not in ROOMS:
        raise ValueError(f"no room {room!r}")
    if not 9 <= hour < 18:
        raise ValueError("the museum is closed")
    return f"visits:{room}:{hour:02}"


def crowded(count: int, square_metres: float) -> bool:
    """Whether there is less than two square metres for each visitor."""
    return count > 0 and square_metres / count < 2


async def enter(room: str, hour: int, people: int = 1) -> int:
    """Count `people` in, and return how many were there in this hour."""
    return await store().incrby(key(room, hour), people)
