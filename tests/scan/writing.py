"""Small projects for the scanner, written where a test says."""

from __future__ import annotations

import textwrap
from pathlib import Path

from bisect_loop.scan import ScanReport, scan


def write(root: Path, files: dict[str, str | bytes]) -> Path:
    """Write each file below `root`; texts are dedented."""
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            path.write_text(textwrap.dedent(content).lstrip("\n"), encoding="utf-8")
    return root


def scanned(root: Path, files: dict[str, str | bytes], **options: object) -> ScanReport:
    """Write a project and scan all of it."""
    write(root, files)
    return scan([root], root, **options)  # type: ignore[arg-type]


def found(report: ScanReport) -> list[tuple[str, int, str]]:
    """(path, line, code) of every finding."""
    return [(finding.place.path, finding.place.line, finding.code) for finding in report.findings]
