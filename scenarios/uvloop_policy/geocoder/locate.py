"""Locates addresses."""

from __future__ import annotations

from geocoder.names import normal
from geocoder.server import server

KNOWN = {"market square": (52.0, 5.1), "harbour road": (52.1, 5.0)}


async def locate(name: str, region: str = "centre") -> tuple[float, float] | None:
    """Coordinates of a street: those that everybody knows, else those of the region's server, if it has one."""
    street = normal(name)
    if street in KNOWN:
        return KNOWN[street]
    maps = server(region)
    return None if maps is None else await maps.find(street)
