"""Readings of the thermometers, and what they mean."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from alarms import pager

WARM, HOT = -15.0, -5.0


@dataclass(frozen=True)
class Reading:
    room: str
    celsius: float


def level(reading: Reading) -> int:
    """0 cold, 1 too warm, 2 thawing."""
    return (reading.celsius > WARM) + (reading.celsius > HOT)


def worst(readings: Sequence[Reading]) -> Reading | None:
    return max(readings, key=lambda reading: reading.celsius, default=None)


async def watch(readings: Sequence[Reading]) -> str:
    """Say what was done: "quiet", "logged" or, where somebody was paged, "paged"."""
    found = worst(readings)
    if found is None or level(found) == 0:
        return "quiet"
    if level(found) == 1 or pager.PAGER is None:
        return "logged"
    return "paged" if await pager.PAGER.page(f"{found.room}: {found.celsius:.0f} °C") else "logged"
