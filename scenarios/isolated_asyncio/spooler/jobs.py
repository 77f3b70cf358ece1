"""A print job."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Job:
    title: str
    pages: int
    duplex: bool = False

    def __post_init__(self) -> None:
        if self.pages < 1:
            raise ValueError("nothing to print")

    @property
    def sheets(self) -> int:
        return math.ceil(self.pages / 2) if self.duplex else self.pages


def cost(job: Job, per_sheet: int = 4, colour: bool = False) -> int:
    """In cents."""
    return job.sheets * per_sheet * (5 if colour else 1)
