"""What a customer owes."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal

from invoicing import rates

CENT = Decimal("0.01")


@dataclass(frozen=True)
class Line:
    text: str
    hours: Decimal
    per_hour: Decimal

    @property
    def amount(self) -> Decimal:
        return rounded(self.hours * self.per_hour)


@dataclass
class Invoice:
    number: str
    currency: str = "EUR"
    lines: list[Line] = field(default_factory=list)

    @property
    def total(self) -> Decimal:
        """In euros."""
        return sum((line.amount for line in self.lines), Decimal(0))


def rounded(amount: Decimal) -> Decimal:
    return amount.quantize(CENT, ROUND_HALF_UP)


async def due(invoice: Invoice, source: rates.RateServer | rates.Table | None = None) -> Decimal:
    """What is to be paid, in the customer's currency."""
    rate = await (source or rates.source()).rate(invoice.currency)
    return rounded(invoice.total * rate)
