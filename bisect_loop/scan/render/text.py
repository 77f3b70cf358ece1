"""One line for each finding, as ruff writes them; a summary last."""

from __future__ import annotations

from bisect_loop.scan.model import Place, ScanReport


def as_text(report: ScanReport, prefix: str = "") -> str:
    """Return "path:line:column: CODE message" lines, unreadable files, and a line that sums up."""
    lines = [f"{_at(finding.place, prefix)}: {finding.code} {finding.message}" for finding in report.findings]
    lines += [f"{_at(error.place, prefix)}: not scanned: {error.message}" for error in report.errors]
    guarded = sum(wire_up.guarded for wire_up in report.wire_ups)
    summary = f"{_count(len(report.findings), 'finding')} in {_count(report.files, 'file')}, {report.lines} lines"
    if guarded:
        summary += f"; {_count(guarded, 'wire-up')} guarded"
    if report.errors:
        summary += f"; {_count(len(report.errors), 'file')} not scanned"
    return "\n".join([*lines, summary]) + "\n"


def _at(place: Place, prefix: str) -> str:
    return f"{prefix}{place.path}:{place.line}:{place.column}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
