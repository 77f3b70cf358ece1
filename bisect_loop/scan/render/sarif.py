"""SARIF 2.1.0 (OASIS, 2020), as code hosts take it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

from bisect_loop import __version__
from bisect_loop.scan.model import Place, ScanReport
from bisect_loop.scan.rules import RULES

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def as_sarif(report: ScanReport, prefix: str = "") -> str:  # noqa: ARG001
    """Return one run with all rules; locations are relative to the root, which is given as SRCROOT."""
    indexes = {rule.code: index for index, rule in enumerate(RULES)}
    run: dict[str, Any] = {
        "tool": {
            "driver": {
                "name": "bisect-loop scan",
                "version": __version__,
                "rules": [
                    {
                        "id": rule.code,
                        "name": rule.name,
                        "shortDescription": {"text": rule.title},
                        "defaultConfiguration": {"level": "warning"},
                    }
                    for rule in RULES
                ],
            }
        },
        "originalUriBaseIds": {"SRCROOT": {"uri": Path(report.root).as_uri() + "/"}},
        "columnKind": "unicodeCodePoints",
        "results": [
            {
                "ruleId": finding.code,
                "ruleIndex": indexes[finding.code],
                "level": "warning",
                "message": {"text": finding.message},
                "locations": [_location(finding.place)],
            }
            for finding in report.findings
        ],
        "invocations": [
            {
                "executionSuccessful": True,
                "toolExecutionNotifications": [
                    {
                        "level": "note",
                        "message": {"text": f"not scanned: {error.message}"},
                        "locations": [_location(error.place)],
                    }
                    for error in report.errors
                ],
            }
        ],
    }
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _location(place: Place) -> dict[str, Any]:
    return {
        "physicalLocation": {
            "artifactLocation": {"uri": quote(place.path), "uriBaseId": "SRCROOT"},
            "region": {"startLine": place.line, "startColumn": place.column},
        }
    }
