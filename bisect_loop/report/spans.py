"""Pieces of text that know what they are, so that each format can show them in its own way."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from bisect_loop.report.escape import visible

# "text" and "message" (the words of an exception) may be broken at blanks; everything else stays in one piece,
# because people copy it. "gap" stands between things that are listed side by side; its text is how far apart they
# are in a terminal.
SpanKind = Literal["text", "message", "id", "code", "plain", "ok", "bad", "strong", "dim", "command", "gap"]


@dataclass(frozen=True, slots=True)
class Span:
    text: str
    kind: SpanKind = "text"


Line = tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """A label and what stands under it."""

    label: str
    lines: tuple[Line, ...]


def text(words: str) -> Span:
    return Span(visible(words))


def span(kind: SpanKind, words: str) -> Span:
    return Span(visible(words), kind)


def gap(items: Iterable[Span]) -> Line:
    """Return `items` side by side."""
    line: list[Span] = []
    for item in items:
        line += [Span("   ", "gap"), item] if line else [item]
    return tuple(line)
