"""Amounts of money, counted in cents so that nothing is rounded away."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Money:
    cents: int

    @classmethod
    def parse(cls, text: str) -> Money:
        """Read "12.30", "12.3" or "12"; ValueError for anything else."""
        whole, dot, fraction = text.strip().partition(".")
        if not whole.isdigit() or (dot and not fraction.isdigit()) or len(fraction) > 2:
            raise ValueError(f"not an amount: {text!r}")
        return cls(int(whole) * 100 + int(fraction.ljust(2, "0")))

    def __add__(self, other: Money) -> Money:
        return Money(self.cents + other.cents)

    def __str__(self) -> str:
        return f"{self.cents // 100}.{self.cents % 100:02d}"
