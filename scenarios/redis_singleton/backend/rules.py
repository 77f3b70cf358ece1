"""What may be refunded without asking anybody. Nothing here waits for anything."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from backend.money import Money

Verdict = Literal["approved", "rejected", "needs_decision"]

AUTO_LIMIT = Money(100_00)
LAST_DAY = 30


@dataclass(frozen=True)
class RefundRequest:
    order: str
    amount: Money
    days_since_purchase: int = 0


def assess(request: RefundRequest) -> Verdict:
    """Small and in time is approved, late is rejected, and a person looks at the rest."""
    if request.days_since_purchase > LAST_DAY:
        return "rejected"
    return "approved" if request.amount <= AUTO_LIMIT else "needs_decision"
