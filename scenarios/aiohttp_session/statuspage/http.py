"""The one client session of the process."""

from __future__ import annotations

import aiohttp


class Http:
    session: aiohttp.ClientSession | None = None

    @classmethod
    async def open(cls) -> aiohttp.ClientSession:
        """Open the session that all probes share; whoever starts the service calls it once."""
        cls.session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5))
        return cls.session

    @classmethod
    async def close(cls) -> None:
        if cls.session is not None:
            await cls.session.close()
            cls.session = None
