from __future__ import annotations

from dataclasses import dataclass, field

from webshop import flags

PRICES = {"assam": 620, "sencha": 780, "rooibos": 450, "pot": 2900}


@dataclass
class Basket:
    """Amounts are in cents."""

    lines: dict[str, int] = field(default_factory=dict)
    coupons: list[int] = field(default_factory=list)

    def add(self, name: str, count: int = 1) -> None:
        if name not in PRICES:
            raise KeyError(name)
        self.lines[name] = self.lines.get(name, 0) + count

    def drop(self, name: str) -> None:
        self.lines.pop(name, None)

    def total(self) -> int:
        """What is to be paid: the best coupon counts, or all of them."""
        full = sum(PRICES[name] * count for name, count in self.lines.items())
        off = sum(self.coupons) if flags.on("coupons_add_up") else max(self.coupons, default=0)
        return max(0, full - off)


def shipping(total: int) -> int:
    if flags.on("express"):
        return 990
    return 0 if total >= 3000 else 450
