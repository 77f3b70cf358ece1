"""The report as JSON, schema "bisect-loop-scan/1". It changes only by addition."""

from __future__ import annotations

import json
from typing import Any

from bisect_loop.scan.model import Place, ScanReport, WireUp


def as_json(report: ScanReport, prefix: str = "") -> str:  # noqa: ARG001
    """Return the whole report; paths stay relative to its root."""
    data = {
        "schema": "bisect-loop-scan/1",
        "root": report.root,
        "files": report.files,
        "lines": report.lines,
        "tests": report.tests,
        "findings": [
            {
                "code": finding.code,
                "message": finding.message,
                **_place(finding.place),
                "end_line": finding.end_line,
                "wire_up": _wire_up(finding.wire_up) if finding.wire_up is not None else None,
            }
            for finding in report.findings
        ],
        "wire_ups": [_wire_up(wire_up) for wire_up in report.wire_ups],
        "errors": [{"message": error.message, **_place(error.place)} for error in report.errors],
    }
    return json.dumps(data, indent=2) + "\n"


def _place(place: Place) -> dict[str, Any]:
    return {"path": place.path, "line": place.line, "column": place.column}


def _wire_up(wire_up: WireUp) -> dict[str, Any]:
    return {
        "resource": wire_up.resource,
        "kind": wire_up.kind,
        "holder": wire_up.holder,
        "holder_kind": wire_up.holder_kind,
        "also_held_by": list(wire_up.also_held_by),
        "made_at": str(wire_up.made_at),
        "stored_at": str(wire_up.stored_at),
        "function": wire_up.function,
        "at_import": wire_up.at_import,
        "gates": [{"name": gate.name, "set_by_ci": gate.set_by_ci} for gate in wire_up.gates],
        "guarded": wire_up.guarded,
        "guards": [
            {"kind": guard.kind, "where": str(guard.where), "text": guard.text, "holds": guard.holds}
            for guard in wire_up.guards
        ],
        "reach": {
            "tests": wire_up.reach.tests,
            "examples": list(wire_up.reach.examples),
            "importers": wire_up.reach.importers,
            "complete": wire_up.reach.complete,
        },
    }
