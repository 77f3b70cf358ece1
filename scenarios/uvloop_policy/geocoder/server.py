"""The map server, and the session with it."""

from __future__ import annotations

import aiohttp


class MapServer:
    def __init__(self, url: str) -> None:
        self.url = url
        self.session = aiohttp.ClientSession()

    async def find(self, name: str) -> tuple[float, float] | None:
        """The coordinates of a street; None where the server has none."""
        async with self.session.get(f"{self.url}/find", params={"q": name}) as response:
            if response.status == 404:
                return None
            latitude, longitude = (await response.text()).split()
            return float(latitude), float(longitude)

    async def close(self) -> None:
        await self.session.close()


SERVERS: dict[str, MapServer] = {}


def server(region: str) -> MapServer | None:
    return SERVERS.get(region)


def serve(region: str, url: str) -> MapServer:
    """Take the streets of `region` from the server at `url`."""
    SERVERS[region] = MapServer(url)
    return SERVERS[region]
