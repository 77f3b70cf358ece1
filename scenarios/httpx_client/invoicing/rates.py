"""Exchange rates: from the rate server where one is connected, else from the table of last month."""

from __future__ import annotations

from decimal import Decimal

import httpx

LAST_MONTH = {"EUR": Decimal("1"), "USD": Decimal("1.10"), "GBP": Decimal("0.85"), "CHF": Decimal("0.95")}


class UnknownCurrency(LookupError):
    pass


class RateServer:
    """Rates by HTTP; one client, so that its connections are kept alive."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client

    async def rate(self, currency: str) -> Decimal:
        response = await self.client.get(f"/rates/{currency}")
        if response.status_code == 404:
            raise UnknownCurrency(currency)
        return Decimal(response.json()["rate"])


class Table:
    def __init__(self, rates: dict[str, Decimal]) -> None:
        self.rates = rates

    async def rate(self, currency: str) -> Decimal:
        try:
            return self.rates[currency]
        except KeyError:
            raise UnknownCurrency(currency) from None


_SERVER: RateServer | None = None


def connect(url: str) -> RateServer:
    """Take rates from the server at `url` from now on."""
    global _SERVER
    _SERVER = RateServer(httpx.AsyncClient(base_url=url))
    return _SERVER


def source() -> RateServer | Table:
    return _SERVER or Table(LAST_MONTH)
