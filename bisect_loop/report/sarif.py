"""A report as SARIF 2.1.0 (OASIS, 2020), for code scanning: each finding at its victim's file."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import quote

from bisect_loop import __version__
from bisect_loop.model import Finding, Json, NodeId, RunReport
from bisect_loop.redact import redact_report
from bisect_loop.report.entry import entries_of
from bisect_loop.report.escape import visible
from bisect_loop.report.words import listed

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_BASE = "SRCROOT"

_RULES = {
    "victim": "A test fails after another test that it shares state with.",
    "brittle": "A test passes only after another test that sets up what it needs.",
    "import-time": "A test fails once another module is collected.",
    "cross-process": "A test fails only while other workers run.",
    "suspected": "A test failed in some order, and fresh processes did not show why.",
    "nondeterministic": "A test fails by chance, whatever ran before it.",
    "always-fails": "A test fails in every order and alone.",
}


def render(report: RunReport) -> str:
    """Return the report as a SARIF log with one run."""
    report = redact_report(report)
    names = list(_RULES)
    run = {
        "tool": {
            "driver": {
                "name": "bisect-loop",
                "semanticVersion": __version__,
                "rules": [
                    {
                        "id": name,
                        "name": name,
                        "shortDescription": {"text": words},
                        "fullDescription": {"text": words},
                    }
                    for name, words in _RULES.items()
                ],
            }
        },
        "invocations": [{"executionSuccessful": report.stopped_because == "done"}],
        "originalUriBaseIds": {_BASE: {"uri": _folder_uri(report.suite.root)}},
        "columnKind": "unicodeCodePoints",
        "results": [_result(finding, names) for finding in report.findings],
    }
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _rule(finding: Finding) -> str:
    if finding.kind in ("nondeterministic", "always-fails") or finding.confirmed:
        return finding.kind
    return "suspected"


def _result(finding: Finding, names: list[str]) -> Json:
    rule = _rule(finding)
    (entry,) = entries_of([finding])
    objects = listed(["".join(piece.text for piece in line) for line in entry.objects])
    message = f"{visible(finding.victim)} {entry.claim} {objects}".strip() + "."
    message += f" {visible(finding.signature.headline)}"
    result: Json = {
        "ruleId": rule,
        "ruleIndex": names.index(rule),
        "level": "error" if entry.accuses else "note",
        "message": {"text": message},
        "locations": [_location(finding.victim, _line_of(finding))],
        "partialFingerprints": {"bisectLoopFinding/v1": finding.id},
        "properties": {"finding": finding.id, "kind": finding.kind, "confirmed": finding.confirmed},
    }
    if entry.accuses:
        guilty = (*finding.polluters, *finding.import_polluters, *finding.setters)
        result["relatedLocations"] = [
            {"id": number, "message": {"text": visible(name)}, **_location(name, 1)}
            for number, name in enumerate(guilty, 1)
        ]
    return result


def _line_of(finding: Finding) -> int:
    """Return the failing line where it is in the victim's own file, else the first."""
    path, _, line = finding.signature.where.rpartition(":")
    same = path == finding.victim.partition("::")[0]
    return int(line) if same and line.isdecimal() and int(line) > 0 else 1


def _location(nodeid: NodeId, line: int) -> Json:
    path = nodeid.partition("::")[0]
    return {
        "physicalLocation": {
            "artifactLocation": {"uri": _quoted(path), "uriBaseId": _BASE},
            "region": {"startLine": line},
        },
        "logicalLocations": [{"fullyQualifiedName": visible(nodeid), "kind": "function"}],
    }


def _quoted(path: str) -> str:
    # A lone surrogate is not text, so the bytes are quoted.
    return quote(path.encode("utf-8", "surrogatepass"), safe="/")


def _folder_uri(root: str) -> str:
    return f"file://{_quoted(Path(root).as_posix().rstrip('/'))}/"
