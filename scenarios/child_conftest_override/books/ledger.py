"""The ledger: one booking at a time."""

from __future__ import annotations

import asyncio
from collections import Counter


class Ledger:
    def __init__(self) -> None:
        self.balances: Counter[str] = Counter()
        self.lock = asyncio.Lock()

    async def book(self, debit: str, credit: str, cents: int) -> None:
        """Book an amount from one account to another."""
        if cents <= 0:
            raise ValueError("an amount is more than nothing")
        async with self.lock:
            self.balances[debit] -= cents
            await asyncio.sleep(0)  # the other half may take a while
            self.balances[credit] += cents

    @property
    def is_balanced(self) -> bool:
        return sum(self.balances.values()) == 0


_LEDGER: Ledger | None = None


def ledger() -> Ledger:
    """The ledger of this process."""
    global _LEDGER
    if _LEDGER is None:
        _LEDGER = Ledger()
    return _LEDGER


def close_books() -> None:
    global _LEDGER
    _LEDGER = None
