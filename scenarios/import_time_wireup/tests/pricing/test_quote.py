from decimal import Decimal

import pytest

from quotes.cache import MemoryCache
from quotes.pricing import Part, quote

BOLT = Part("M6", Decimal("0.12"))


async def test_quote_for_a_box_of_bolts():
    assert await quote(BOLT, 100) == Decimal("10.20")


@pytest.fixture
def kept():
    return MemoryCache()


async def test_quote_is_kept(kept):
    await quote(BOLT, 10, kept)
    assert kept.kept == {"M6:10": "1.14"}


async def test_customer_hears_the_same_price_twice(kept):
    await quote(BOLT, 10, kept)
    assert await quote(Part("M6", Decimal(99)), 10, kept) == Decimal("1.14")


@pytest.mark.parametrize("count", [1, 9, 10])
async def test_other_counts_are_other_quotes(kept, count):
    await quote(BOLT, 50, kept)
    assert await quote(BOLT, count, kept) < Decimal("5")
