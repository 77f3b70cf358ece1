from decimal import Decimal

import pytest

from invoicing.rates import LAST_MONTH, Table, UnknownCurrency


@pytest.mark.parametrize("currency", sorted(LAST_MONTH))
async def test_every_rate_of_last_month_is_there(currency):
    assert await Table(LAST_MONTH).rate(currency) == LAST_MONTH[currency]


@pytest.mark.parametrize("currency", ["", "eur", "XXX"])
async def test_what_is_not_in_the_table(currency):
    with pytest.raises(UnknownCurrency, match=currency):
        await Table({"EUR": Decimal(1)}).rate(currency)
