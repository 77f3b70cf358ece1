"""A report as JUnit XML, for CI systems that show test results.

In step with the exit code, only what is confirmed and order-dependent is a failure. Suspicions, failures by chance
and ordinary failures are there as skipped, with the reason: nobody is accused, and the suite's own results show
them as what they are.
"""

from __future__ import annotations

from xml.etree import ElementTree

from bisect_loop.model import Finding, RunReport
from bisect_loop.redact import redact_report
from bisect_loop.report.entry import entries_of
from bisect_loop.report.escape import visible
from bisect_loop.report.story import ORDER_DEPENDENT, verdict
from bisect_loop.report.terminal import render_findings
from bisect_loop.report.words import listed

_WIDTH = 100


def render(report: RunReport) -> str:
    """Return the report as an XML document in the dialect of pytest's own `--junit-xml`."""
    report = redact_report(report)
    failures = sum(_fails(finding) for finding in report.findings)
    numbers = {
        "tests": str(max(len(report.findings), 1)),
        "failures": str(failures),
        "errors": "0",
        "skipped": str(len(report.findings) - failures),
        "time": f"{report.cost.seconds:.3f}",
    }
    suites = ElementTree.Element("testsuites", {"name": "bisect-loop", **numbers})
    suite = ElementTree.SubElement(suites, "testsuite", {"name": "bisect-loop", **numbers})
    for finding in report.findings:
        _case(suite, finding)
    if not report.findings:
        ElementTree.SubElement(
            suite, "testcase", {"classname": "bisect-loop", "name": "no order-dependent test", "time": "0"}
        )
    ElementTree.SubElement(suite, "system-out").text = verdict(report)
    ElementTree.indent(suites)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ElementTree.tostring(suites, encoding="unicode") + "\n"


def _fails(finding: Finding) -> bool:
    return finding.confirmed and finding.kind in ORDER_DEPENDENT


def _case(suite: ElementTree.Element, finding: Finding) -> None:
    path, _, name = finding.victim.partition("::")
    case = ElementTree.SubElement(
        suite,
        "testcase",
        {
            "classname": visible(path.removesuffix(".py").replace("/", ".")),
            "name": visible(name or path),
            "file": visible(path),
            "time": "0",
        },
    )
    properties = ElementTree.SubElement(case, "properties")
    for key, value in (("finding", finding.id), ("kind", finding.kind)):
        ElementTree.SubElement(properties, "property", {"name": key, "value": value})
    (entry,) = entries_of([finding])
    objects = listed(["".join(piece.text for piece in line) for line in entry.objects])
    message = f"{entry.claim} {objects}".strip()
    if _fails(finding):
        failure = ElementTree.SubElement(case, "failure", {"message": message, "type": finding.kind})
        failure.text = _xml(render_findings([finding], width=_WIDTH))
    else:
        ElementTree.SubElement(case, "skipped", {"message": message, "type": finding.kind})


def _xml(text: str) -> str:
    """Return `text` of several lines without what XML forbids."""
    return "\n".join(visible(line) for line in text.split("\n"))
