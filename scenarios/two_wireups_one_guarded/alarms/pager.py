"""Pages whoever is on duty."""

from __future__ import annotations

import httpx


class Pager:
    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client

    async def page(self, text: str) -> bool:
        """Whether the pager service took it."""
        response = await self.client.post("/page", json={"text": text})
        return response.status_code == 202


PAGER: Pager | None = None


def use(pager: Pager | None) -> None:
    global PAGER
    PAGER = pager
