"""The JSON result, schema "bisect-loop/1". Tools are built on it: it changes only by addition."""

from __future__ import annotations

import json
import re
from pathlib import Path

from bisect_loop.model import Cause, Change, Finding, Fix, Json, RunReport, Service
from bisect_loop.redact import redact_report
from bisect_loop.report.files import write

SCHEMA = "bisect-loop/1"

_SURROGATE = re.compile("[\ud800-\udfff]")


def as_json(report: RunReport) -> Json:
    """Return `report`, its secrets hidden, as the JSON result."""
    report = redact_report(report)
    suite = report.suite
    return {
        "schema": SCHEMA,
        "suite": {
            "root": suite.root,
            "tests": len(suite.nodeids),
            "python": suite.python,
            "pytest": suite.pytest,
        },
        "conditions": {
            "env": dict(report.env),
            "services": [_service(service) for service in report.services],
            "coverage": report.coverage,
            "workers": report.workers,
            "sources": list(report.sources),
        },
        "orders_tried": [
            {"name": order.name, "seed": order.seed, "failed": list(order.failed)} for order in report.orders_tried
        ],
        "findings": [_finding(finding) for finding in report.findings],
        "cost": {
            "trials_fork": report.cost.trials_fork,
            "trials_fresh": report.cost.trials_fresh,
            "tests_executed": report.cost.tests_executed,
            "seconds": round(report.cost.seconds, 3),
        },
        "stopped_because": report.stopped_because,
    }


def render(report: RunReport) -> str:
    """Return the JSON result as text that ends in a newline, readable for people too."""
    text = json.dumps(as_json(report), indent=2, ensure_ascii=False)
    # UTF-8 has no lone surrogates; JSON's escapes do. Only strings can hold them.
    return _SURROGATE.sub(lambda char: f"\\u{ord(char[0]):04x}", text) + "\n"


def write_json(path: Path, report: RunReport) -> None:
    """Write the JSON result to `path`, whole or not at all. Raises OSError."""
    write(path, render(report))


def _service(service: Service) -> Json:
    return {"name": service.name, "kind": service.kind, "version": service.version, "url": service.url}


def _finding(finding: Finding) -> Json:
    signature = finding.signature
    return {
        "id": finding.id,
        "kind": finding.kind,
        "victim": finding.victim,
        "minimal_order": list(finding.minimal_order),
        "polluters": list(finding.polluters),
        "import_polluters": list(finding.import_polluters),
        "setters": list(finding.setters),
        "cleaners": list(finding.cleaners),
        "other_polluting_sets": [list(names) for names in finding.other_polluting_sets],
        "incidental": list(finding.incidental),
        "error": {
            "type": signature.type,
            "message": signature.message,
            "phase": signature.phase,
            "signature": signature.key,
        },
        "confirmed": finding.confirmed,
        "confirmation": {
            "minimal_failed": list(finding.confirmation.minimal_failed),
            "victim_alone_passed": list(finding.confirmation.victim_alone_passed),
            "runner": "fresh",
        },
        "failure_rate": finding.failure_rate,
        "confidence": finding.confidence,
        "needs": {
            "env": list(finding.needs.env),
            "services": list(finding.needs.services),
            "coverage": finding.needs.coverage,
            "workers": finding.needs.workers,
            "plugins": list(finding.needs.plugins),
            "hash_seed": finding.needs.hash_seed,
        },
        "cause": None if finding.cause is None else _cause(finding.cause),
        "changes": [_change(change) for change in finding.changes],
        "fixes": [_fix(fix) for fix in finding.fixes],
        "replay": {"command": finding.replay.command, "ran": finding.replay.ran},
        "lanes": [{"worker": lane.worker.id, "tests": list(lane.order)} for lane in finding.lanes],
        "leaks": list(finding.leaks),
        "worker": None if finding.worker is None else {"id": finding.worker.id, "count": finding.worker.count},
    }


def _cause(cause: Cause) -> Json:
    return {
        "resource": cause.resource,
        "holder": cause.holder,
        "bound_at": cause.bound_at,
        "bound_by": cause.bound_by,
        "loop_made_by": cause.loop_made_by,
        "loop_closed_after": cause.loop_closed_after,
        "used_at": cause.used_at,
        "confidence": cause.confidence,
        "function": cause.function,
        "also_held_by": list(cause.also_held_by),
        "gates": list(cause.gates),
        "used_by": cause.used_by,
        "loop_open": cause.loop_open,
        "at_import": cause.at_import,
        "taken_by": cause.taken_by,
        "taken_at": cause.taken_at,
    }


def _change(change: Change) -> Json:
    return {"what": change.what, "before": change.before, "after": change.after, "by": change.by}


def _fix(fix: Fix) -> Json:
    verified = None if fix.verified is None else list(fix.verified)
    return {
        "kind": fix.kind,
        "where": fix.where,
        "diff": fix.diff,
        "verified": verified,
        "works": fix.works,
        "title": fix.title,
        "cost": fix.cost,
        "note": fix.note,
        "runs": {name: [passed, of] for name, passed, of in fix.runs},
    }
