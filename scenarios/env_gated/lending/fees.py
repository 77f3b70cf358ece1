from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Fees:
    """In cents."""

    per_day: int
    most: int

    def of(self, days_late: int) -> int:
        return max(0, min(self.most, self.per_day * days_late))


def shown(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02}"
