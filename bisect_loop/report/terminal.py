"""A report for the terminal: calm, aligned, readable without colour, the answer last.

Ids are never cut or broken, however narrow the terminal: people copy them. rich is used for colours only and
imported only then, because it takes longer to import than most commands here take to run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from bisect_loop.model import Finding, RunReport
from bisect_loop.redact import redact_finding
from bisect_loop.report.entry import Entry, entries_of
from bisect_loop.report.escape import cells
from bisect_loop.report.shell import wrap
from bisect_loop.report.spans import Line, Row, Span, SpanKind, span, text
from bisect_loop.report.story import tell

_LABEL = 13  # columns of the head's labels
_ENTRY_LABEL = 12
_INDENT = 2
_NARROWEST = 40
_ORNAMENTS = {"·": "-"}

_STYLES: dict[SpanKind, str] = {
    "id": "bold",
    "code": "cyan",
    "ok": "green",
    "bad": "yellow",
    "strong": "bold",
    "dim": "dim",
    "command": "cyan",
}

_Paint = Callable[[str, SpanKind], str]


def render(report: RunReport, *, width: int = 80, colour: bool = False, stored: bool = True) -> str:
    """Return the whole report as text that ends in a newline, in lines of `width` columns where ids let it.

    With `colour` it holds ANSI styles. `stored` tells that the findings are in the history.
    """
    width = max(width, _NARROWEST)
    paint = _painter(colour)
    story = tell(report, stored=stored)
    lines = _lines(story.headline, width, "", "", paint)
    for row in story.rows:
        lines += _row(row, width, "", _LABEL, paint)
    for entry in story.entries:
        lines += ["", *_entry(entry, width, paint)]
    lines.append("")
    lines += _closing(story.closing, width, paint)
    return "\n".join(lines) + "\n"


def render_findings(findings: Sequence[Finding], *, width: int = 80, colour: bool = False) -> str:
    """Return `findings` alone, as `render` shows them, for those that come out of the history."""
    paint = _painter(colour)
    entries = entries_of([redact_finding(finding) for finding in findings])
    blocks = ["\n".join(_entry(entry, max(width, _NARROWEST), paint)) for entry in entries]
    return "\n\n".join(blocks) + "\n" if blocks else ""


def encodable(text: str, encoding: str | None) -> str:
    """Return `text` so that a stream of this encoding can take it: plain ornaments, and escapes for the rest."""
    if encoding is None or not _takes(encoding, ""):
        encoding = "ascii"
    if _takes(encoding, text):
        return text
    for ornament, plain in _ORNAMENTS.items():
        if not _takes(encoding, ornament):
            text = text.replace(ornament, plain)
    return text.encode(encoding, "backslashreplace").decode(encoding)


def _takes(encoding: str, text: str) -> bool:
    try:
        text.encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return False
    return True


@dataclass(slots=True)
class _Chunk:
    """Spans with no blank between them, which stay together, and the blanks before them."""

    blanks: str
    spans: list[Span]

    @property
    def cells(self) -> int:
        return sum(cells(piece.text) for piece in self.spans)


def _chunks(line: Line) -> Iterator[_Chunk]:
    chunk = _Chunk("", [])
    for piece in line:
        if piece.kind == "gap":
            if chunk.spans:
                yield chunk
            chunk = _Chunk(piece.text, [])
        elif piece.kind == "command":
            chunk.spans += [Span("`", "dim"), piece, Span("`", "dim")]
        elif piece.kind not in ("text", "message"):
            chunk.spans.append(piece)
        else:
            for part in _parts(piece.text):
                if part.isspace():
                    if chunk.spans:
                        yield chunk
                    chunk = _Chunk(part, [])
                else:
                    chunk.spans.append(Span(part))
    if chunk.spans:
        yield chunk


def _parts(words: str) -> Iterator[str]:
    """Split into runs of blanks and runs of anything else. Only the plain blank is a place to break."""
    at = 0
    while at < len(words):
        end = at + 1
        while end < len(words) and (words[end] == " ") is (words[at] == " "):
            end += 1
        yield words[at:end]
        at = end


def _lines(line: Line, width: int, first: str, rest: str, paint: _Paint) -> list[str]:
    """Fill lines with `line`: the first begins with `first`, the others with `rest`."""
    lines: list[str] = []
    current, used, fresh = first, cells(first), True
    for chunk in _chunks(line):
        if not fresh and used + len(chunk.blanks) + chunk.cells > width:
            lines.append(current)
            current, used, fresh = rest, cells(rest), True
        if not fresh:
            current += chunk.blanks
            used += len(chunk.blanks)
        current += "".join(paint(piece.text, piece.kind) for piece in chunk.spans)
        used += chunk.cells
        fresh = False
    return [*lines, current]


def _row(row: Row, width: int, indent: str, label_width: int, paint: _Paint) -> list[str]:
    lines: list[str] = []
    blank = indent + " " * label_width
    for line in row.lines:
        first = blank if lines else indent + row.label.ljust(label_width)
        lines += _lines(line, width, first, blank, paint)
    return lines


def _entry(entry: Entry, width: int, paint: _Paint) -> list[str]:
    indent = " " * _INDENT
    lines = _heading(entry, width, paint)
    for row in entry.rows:
        lines += _row(row, width, indent, _ENTRY_LABEL, paint)
    if entry.command:
        column = _INDENT + _ENTRY_LABEL
        command = wrap(entry.command, width - column, " " * (column + 4))
        lines += f"{indent}{'reproduce'.ljust(_ENTRY_LABEL)}{command}".split("\n")
    return lines


def _heading(entry: Entry, width: int, paint: _Paint) -> list[str]:
    """Everything on one line where that fits, else the victim first and below it what it fails after."""
    # No blank in it is a "text": a long id stays on the line of its label.
    label = span("bad" if entry.accuses else "plain", entry.label)
    subject: Line = (label, span("plain", f" {entry.id}  "), *entry.subject)
    if len(entry.objects) == 1:
        whole = (*subject, text("  "), span("plain", entry.claim), text("  "), *entry.objects[0])
        if sum(cells(piece.text) for piece in whole) <= width:
            return _lines(whole, width, "", "", paint)
    lines = _lines(subject, width, "", "", paint)
    indent = " " * _INDENT
    if not entry.objects:
        return lines + _lines((text(entry.claim),), width, indent, indent, paint)
    objects = list(entry.objects)
    if entry.together:
        objects[-1] = (*objects[-1], text(f"  {entry.together}"))
    if len(entry.claim) < _ENTRY_LABEL:
        return lines + _row(Row(entry.claim, tuple(objects)), width, indent, _ENTRY_LABEL, paint)
    one = (span("plain", f"{indent}{entry.claim} "), *objects[0])
    if len(objects) == 1 and sum(cells(piece.text) for piece in one) <= width:
        return lines + _lines(one, width, "", "", paint)
    lines += _lines((text(entry.claim),), width, indent, indent, paint)
    return lines + _row(Row("", tuple(objects)), width, indent, _ENTRY_LABEL, paint)


def _closing(sentences: Sequence[Line], width: int, paint: _Paint) -> list[str]:
    """On one line where they fit, else each on its own."""
    whole: list[Span] = []
    for sentence in sentences:
        whole += [text(" "), *sentence] if whole else sentence
    if sum(chunk.cells + len(chunk.blanks) for chunk in _chunks(tuple(whole))) <= width:
        return _lines(tuple(whole), width, "", "", paint)
    return [line for sentence in sentences for line in _lines(sentence, width, "", "", paint)]


def _painter(colour: bool) -> _Paint:
    if not colour:
        return lambda words, _: words
    from rich.color import ColorSystem
    from rich.style import Style

    styles = {kind: Style.parse(style) for kind, style in _STYLES.items()}

    def paint(words: str, kind: SpanKind) -> str:
        style = styles.get(kind)
        return style.render(words, color_system=ColorSystem.STANDARD) if style and words else words

    return paint
