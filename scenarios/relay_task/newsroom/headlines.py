"""What a headline is."""

from __future__ import annotations

import re
from dataclasses import dataclass

LONGEST = 60


@dataclass(frozen=True)
class Headline:
    text: str
    urgent: bool = False

    def __post_init__(self) -> None:
        if not self.text.strip():
            raise ValueError("a headline says something")

    @property
    def slug(self) -> str:
        return re.sub(r"[^a-z0-9]+", "-", self.text.lower()).strip("-")


def shortened(text: str, longest: int = LONGEST) -> str:
    """`text` in at most `longest` characters, cut between words where that can be."""
    if len(text) <= longest:
        return text
    cut = text[: longest - 1]
    return (cut.rsplit(" ", 1)[0] if " " in cut else cut) + "…"
