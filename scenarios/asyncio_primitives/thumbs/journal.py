"""What was done, in the order in which it was done: a writer at a time."""

from __future__ import annotations

import asyncio


class Journal:
    def __init__(self) -> None:
        self.lines: list[str] = []
        self._lock = asyncio.Lock()

    async def write(self, *lines: str) -> None:
        """Append `lines` next to one another, whoever else is writing."""
        async with self._lock:
            for line in lines:
                await asyncio.sleep(0)
                self.lines.append(line)
