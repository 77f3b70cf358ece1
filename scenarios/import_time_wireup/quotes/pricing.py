"""What a part costs."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from quotes import cache

DISCOUNTS = ((100, Decimal("0.85")), (10, Decimal("0.95")), (1, Decimal(1)))


@dataclass(frozen=True)
class Part:
    number: str
    price: Decimal


def discounted(part: Part, count: int) -> Decimal:
    """The price of `count` parts together."""
    if count < 1:
        raise ValueError("at least one part")
    factor = next(factor for least, factor in DISCOUNTS if count >= least)
    return (part.price * count * factor).quantize(Decimal("0.01"))


async def quote(part: Part, count: int, kept: cache.Cache | None = None) -> Decimal:
    """The price of `count` parts: the one that was quoted before, where there is one."""
    kept = kept or cache.CACHE
    if kept is None:
        return discounted(part, count)
    key = f"{part.number}:{count}"
    if (before := await kept.get(key)) is not None:
        return Decimal(before)
    price = discounted(part, count)
    await kept.put(key, str(price))
    return price
