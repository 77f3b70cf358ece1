"""What runs at night."""

from __future__ import annotations

import httpx

from alarms import pager


async def drill(pager_url: str) -> bool:
    """Page whoever is on duty, to see that it works; alarms of the same night go the same way."""
    pager.use(pager.Pager(httpx.AsyncClient(base_url=pager_url)))
    assert pager.PAGER is not None
    return await pager.PAGER.page("This is a drill")
