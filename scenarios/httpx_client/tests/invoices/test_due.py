from decimal import Decimal

import pytest

from invoicing.invoice import Invoice, Line, due
from invoicing.rates import Table, UnknownCurrency

TABLE = Table({"EUR": Decimal(1), "USD": Decimal("1.25"), "JPY": Decimal(160)})


def invoice(currency, *hours):
    return Invoice("2024-17", currency, [Line("work", Decimal(h), Decimal(80)) for h in hours])


async def test_foreign_customer_pays_at_the_rate_of_last_month_or_better():
    assert await due(invoice("USD", "2")) >= Decimal("176.00")


@pytest.mark.parametrize(
    ("currency", "owed"),
    [("EUR", "160.00"), ("USD", "200.00"), ("JPY", "25600.00")],
)
async def test_due_in_currency(currency, owed):
    assert await due(invoice(currency, "2"), TABLE) == Decimal(owed)


async def test_unknown_currency():
    with pytest.raises(UnknownCurrency):
        await due(invoice("XAU", "2"), TABLE)


async def test_nothing_is_due_for_nothing():
    assert await due(invoice("USD"), TABLE) == 0
