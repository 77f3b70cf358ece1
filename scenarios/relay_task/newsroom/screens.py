"""The screens, and the relay that feeds them."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from newsroom.headlines import Headline, shortened


@dataclass
class Screen:
    name: str
    shown: list[str] = field(default_factory=list)

    def show(self, headline: Headline) -> None:
        text = shortened(headline.text)
        self.shown.append(text.upper() if headline.urgent else text)


class Relay:
    """Shows headlines one after another, in a task of its own."""

    def __init__(self) -> None:
        self.queue: asyncio.Queue[tuple[Screen, Headline, asyncio.Future[None]]] = asyncio.Queue()
        self.task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self.task = asyncio.get_running_loop().create_task(self._run())

    async def _run(self) -> None:
        while True:
            screen, headline, done = await self.queue.get()
            screen.show(headline)
            done.set_result(None)


_RELAY: Relay | None = None


def start_relay() -> Relay:
    """Feed the screens through a relay from now on."""
    global _RELAY
    _RELAY = Relay()
    _RELAY.start()
    return _RELAY


async def publish(screen: Screen, headline: Headline, patience: float = 0.5) -> None:
    """Return when `screen` shows `headline`. Raises TimeoutError after `patience` seconds."""
    if _RELAY is None:
        screen.show(headline)
        return
    done = asyncio.get_running_loop().create_future()
    _RELAY.queue.put_nowait((screen, headline, done))
    await asyncio.wait_for(done, patience)
