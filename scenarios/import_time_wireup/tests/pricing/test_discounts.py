from decimal import Decimal

import pytest

from quotes.pricing import Part, discounted

PART = Part("X", Decimal("2.00"))


@pytest.mark.parametrize(
    ("count", "price"),
    [(1, "2.00"), (9, "18.00"), (10, "19.00"), (99, "188.10"), (100, "170.00"), (1000, "1700.00")],
)
def test_discounts(count, price):
    assert discounted(PART, count) == Decimal(price)


@pytest.mark.parametrize("count", [0, -1])
def test_no_parts(count):
    with pytest.raises(ValueError, match="at least one"):
        discounted(PART, count)
