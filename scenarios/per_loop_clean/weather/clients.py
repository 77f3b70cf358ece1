"""What belongs to an event loop, once for each."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Generic, TypeVar
from weakref import WeakKeyDictionary

import httpx

T = TypeVar("T")


class PerLoop(Generic[T]):
    """A value for each event loop, made when it is first asked for there, and gone with its loop."""

    def __init__(self, make: Callable[[], T]) -> None:
        self.make = make
        self.values: WeakKeyDictionary[asyncio.AbstractEventLoop, T] = WeakKeyDictionary()

    def get(self) -> T:
        loop = asyncio.get_running_loop()
        if loop not in self.values:
            self.values[loop] = self.make()
        return self.values[loop]


HTTP = PerLoop(httpx.AsyncClient)
AT_ONCE = PerLoop(lambda: asyncio.Semaphore(2))
