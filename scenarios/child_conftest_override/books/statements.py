"""Reads statements of the bank: `2024-05-01;Fees;members;12.50`."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable
from dataclasses import dataclass

from books.ledger import ledger

_AMOUNT = re.compile(r"(\d+)(?:\.(\d\d))?")


@dataclass(frozen=True)
class Line:
    day: str
    text: str
    account: str
    cents: int


def cents(amount: str) -> int:
    """An amount such as 12 or 12.50, in cents. Raises ValueError."""
    match = _AMOUNT.fullmatch(amount)
    if match is None:
        raise ValueError(f"{amount!r} is no amount")
    return int(match[1]) * 100 + int(match[2] or 0)


def parse(text: str) -> Line:
    day, what, account, amount = text.split(";")
    return Line(day, what.strip(), account.strip(), cents(amount))


async def book_all(lines: Iterable[Line]) -> int:
    """Book `lines`, all of them at once, and return how many there were."""
    done = await asyncio.gather(*(ledger().book(line.account, "bank", line.cents) for line in lines))
    return len(done)
