"""What the store hands out. Frozen values; times are seconds since the epoch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from bisect_loop.model import Condition, Finding, NodeId, Service
from bisect_loop.redact import HIDDEN

StopReason = Literal["done", "budget", "interrupted", "failed"]


@dataclass(frozen=True, slots=True)
class FindingContext:
    """What a replay needs besides the finding itself. `workdir` is relative to `root`, the rootdir."""

    condition: Condition
    services: tuple[Service, ...] = ()
    root: str = ""
    workdir: str = "."
    python: str = ""  # the target interpreter's path
    fingerprint: str = ""  # of the suite that showed it

    @property
    def hidden(self) -> tuple[str, ...]:
        """What is kept out of the store and must come from elsewhere: names of variables, and arguments."""
        names = tuple(name for name, value in self.condition.env if HIDDEN in value)
        return names + tuple(arg for arg in self.condition.args if HIDDEN in arg)


@dataclass(frozen=True, slots=True)
class StoredFinding:
    """A finding as stored, redacted. `count` is in how many runs it was seen; a continued run is one run."""

    id: str
    finding: Finding
    context: FindingContext
    first_seen: float
    last_seen: float
    count: int


@dataclass(frozen=True, slots=True)
class OrderSeen:
    """A whole order that some run has run to its end. `failed` holds the tests that failed in it."""

    name: str
    seed: int | None
    tests: int
    failed: tuple[NodeId, ...]
    fingerprint: str
    ended: float
