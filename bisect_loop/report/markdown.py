"""A report in Markdown (CommonMark, as GitHub shows it): for a comment, an issue, a job's summary."""

from __future__ import annotations

import re

from bisect_loop.model import RunReport
from bisect_loop.report.entry import Entry
from bisect_loop.report.shell import wrap
from bisect_loop.report.spans import Line, Row, Span
from bisect_loop.report.story import tell

_WIDTH = 100
_SPECIAL = re.compile(r"[\\`*_\[\]#!|~]|^(?:[+\-]|\d+[.)])(?= )")


def render(report: RunReport, *, stored: bool = True) -> str:
    """Return the whole report as Markdown that ends in a newline."""
    story = tell(report, stored=stored)
    blocks = [
        "## bisect-loop",
        "\n".join(_line(line) + "  " for line in story.closing).rstrip(),
        _line(story.headline),
    ]
    if story.rows:
        blocks.append("\n".join(_row(row) for row in story.rows))
    blocks += [_entry(entry) for entry in story.entries]
    return "\n\n".join(blocks) + "\n"


def _entry(entry: Entry) -> str:
    claim = f"{_line(entry.subject)} {_prose(entry.claim)}"
    blocks = [f"### {entry.label} `{entry.id}`: {claim}"]
    if len(entry.objects) == 1:
        blocks[0] += f" {_line(entry.objects[0])}"
    elif entry.objects:
        items = [f"{number}. {_line(line)}" for number, line in enumerate(entry.objects, 1)]
        blocks.append("\n".join(items) + f"\n\n{_prose(entry.together)}")
    if entry.rows:
        blocks.append("\n".join(_row(row) for row in entry.rows))
    if entry.command:
        blocks.append(_fenced(wrap(entry.command, _WIDTH, "    ")))
    return "\n\n".join(blocks)


def _row(row: Row) -> str:
    if len(row.lines) == 1:
        return f"- **{row.label}**: {_line(row.lines[0])}"
    return "\n".join([f"- **{row.label}**:", *(f"  - {_line(line)}" for line in row.lines)])


def _line(line: Line) -> str:
    return "".join(_piece(piece) for piece in line)


def _piece(piece: Span) -> str:
    if piece.kind == "gap":
        return " · "
    if piece.kind in ("id", "code", "command", "message"):
        return _code(piece.text)
    return _prose(piece.text)


def _prose(words: str) -> str:
    words = words.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    words = _SPECIAL.sub(lambda special: f"{special[0][:-1]}\\{special[0][-1]}", words)
    # A comment after it, because GitHub would notify whoever has that name.
    return words.replace("@", "@<!-- -->")


def _code(words: str) -> str:
    """Return a code span, in which nothing is special but its own fence."""
    if not words.strip():
        return _prose(words)
    longest = max((len(run) for run in re.findall("`+", words)), default=0)
    fence = "`" * (longest + 1)
    blank = " " if words[0] in "` " or words[-1] in "` " else ""
    return f"{fence}{blank}{words}{blank}{fence}"


def _fenced(command: str) -> str:
    longest = max((len(run) for run in re.findall("`+", command)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}sh\n{command}\n{fence}"
