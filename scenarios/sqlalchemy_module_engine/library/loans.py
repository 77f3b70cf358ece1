"""How long a book may stay away, and what it costs when it stays longer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

DAYS = {"novel": 28, "film": 7, "atlas": 1}


@dataclass(frozen=True)
class Loan:
    kind: str
    since: date
    renewals: int = 0

    @property
    def due(self) -> date:
        """Raises KeyError where things of this kind are not lent."""
        return self.since + timedelta(days=DAYS[self.kind] * (1 + self.renewals))

    def fee(self, today: date) -> int:
        """In cents: 20 for each day over, 1000 at most."""
        return min(max((today - self.due).days, 0) * 20, 1000)
