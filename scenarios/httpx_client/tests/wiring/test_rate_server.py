from decimal import Decimal

import httpx
import pytest

from invoicing.rates import RateServer, UnknownCurrency


@pytest.fixture
async def server(rate_url):
    async with httpx.AsyncClient(base_url=rate_url) as client:
        yield RateServer(client)


@pytest.mark.parametrize(("currency", "rate"), [("EUR", "1"), ("USD", "1.25"), ("JPY", "160")])
async def test_rate(server, currency, rate):
    assert await server.rate(currency) == Decimal(rate)


async def test_unknown_currency(server):
    with pytest.raises(UnknownCurrency):
        await server.rate("XAU")


async def test_two_rates_on_one_connection(server):
    assert await server.rate("EUR") < await server.rate("JPY")
