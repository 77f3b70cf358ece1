"""The board: tickets wait on it until a cook takes them."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from kitchen.menu import minutes


@dataclass
class Ticket:
    table: int
    dishes: list[str]
    log: list[str] = field(default_factory=list)
    done: asyncio.Event = field(default_factory=asyncio.Event)


INBOX: asyncio.Queue[Ticket] = asyncio.Queue()


async def printed(ticket: Ticket) -> None:
    ticket.log.append("printed")


async def announced(ticket: Ticket) -> None:
    ticket.log.append(f"{minutes(ticket.dishes)} minutes")


async def place(ticket: Ticket) -> None:
    """Put `ticket` on the board; print it and announce it meanwhile."""
    INBOX.put_nowait(ticket)
    await asyncio.gather(printed(ticket), announced(ticket))


def waiting() -> int:
    return INBOX.qsize()


async def cook() -> None:
    """Take tickets from the board, for ever."""
    while True:
        ticket = await INBOX.get()
        ticket.log.append("cooked")
        ticket.done.set()
