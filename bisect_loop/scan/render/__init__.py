"""A scan's report as text: `render(report, "text")`, and the other formats."""

from __future__ import annotations

from collections.abc import Callable

from bisect_loop.scan.model import ScanReport
from bisect_loop.scan.render.github import as_github
from bisect_loop.scan.render.json import as_json
from bisect_loop.scan.render.sarif import as_sarif
from bisect_loop.scan.render.text import as_text

__all__ = ["FORMATS", "as_github", "as_json", "as_sarif", "as_text", "render"]

FORMATS: dict[str, Callable[[ScanReport, str], str]] = {
    "text": as_text,
    "json": as_json,
    "sarif": as_sarif,
    "github": as_github,
}


def render(report: ScanReport, style: str, prefix: str = "") -> str:
    """Return the report in one of FORMATS, ending in a newline.

    `prefix` is the way from where the reader stands to the scanned root ("" or "../app"): text and github put it
    before each path. Raises KeyError for an unknown style.
    """
    return FORMATS[style](report, prefix)
