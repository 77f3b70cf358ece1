"""Seeds."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Seed:
    name: str
    days: int  # until it sprouts
    depth: float  # in centimetres

    @property
    def needs_light(self) -> bool:
        return self.depth == 0


def sowing_week(seed: Seed, wanted_week: int) -> int:
    """The calendar week in which to sow, so that `seed` has sprouted in `wanted_week`."""
    if not 1 <= wanted_week <= 52:
        raise ValueError(f"no week {wanted_week}")
    return (wanted_week - 1 - -(-seed.days // 7)) % 52 + 1
