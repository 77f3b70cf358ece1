from __future__ import annotations

import os
from dataclasses import dataclass

from turnstile.counters import Counters


@dataclass
class Gate:
    counters: Counters
    per_minute: int

    async def passes(self, who: str, minute: int) -> bool:
        return await self.counters.add(f"pass:{who}:{minute}") <= self.per_minute


def per_minute() -> int:
    """How many may pass, as the environment says."""
    text = os.environ.get("TURNSTILE_PER_MINUTE", "10")
    if not text.isdigit() or int(text) == 0:
        raise ValueError(f"TURNSTILE_PER_MINUTE is {text!r}")
    return int(text)


def minute(clock: str) -> int:
    """The minute of the day of "HH:MM"."""
    hours, mark, minutes = clock.partition(":")
    if not mark or not (0 <= int(hours) < 24 and 0 <= int(minutes) < 60):
        raise ValueError(clock)
    return int(hours) * 60 + int(minutes)
