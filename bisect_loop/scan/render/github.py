"""Workflow commands of GitHub Actions: each finding becomes an annotation on its line."""

from __future__ import annotations

from bisect_loop.scan.model import Place, ScanReport


def as_github(report: ScanReport, prefix: str = "") -> str:
    """Return one "::warning" line for each finding and one "::notice" for each file that was not scanned."""
    lines = [_command("warning", each.place, each.code, each.message, prefix) for each in report.findings]
    lines += [_command("notice", each.place, "not scanned", each.message, prefix) for each in report.errors]
    return "".join(f"{line}\n" for line in lines)


def _command(level: str, place: Place, title: str, message: str, prefix: str) -> str:
    path = _escaped(prefix + place.path).replace(":", "%3A").replace(",", "%2C")
    return f"::{level} file={path},line={place.line},col={place.column},title={title}::{_escaped(message)}"


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
