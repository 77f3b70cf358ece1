"""JUnit XML as pytest writes it, of both families (xunit1 with file and line, xunit2 without)."""

from __future__ import annotations

import re
from xml.etree import ElementTree

from bisect_loop.ingest.recording import MAIN, Failure, Lane, LogError, Recording, Seen, SeenAs
from bisect_loop.ingest.tracebacks import typed
from bisect_loop.model import NodeId, Phase

_PHASE = re.compile(r'failed on (?P<phase>setup|teardown) with "(?P<message>.*)"', re.DOTALL)
_PLACE = re.compile(r"^(?P<file>[^\s:]+\.\w+):(?P<line>\d+): ", re.MULTILINE)
_ORDER_NOTE = (
    "JUnit XML does not say which worker ran a test: where CI ran pytest-xdist, the order is that of all workers"
    " together, and no lane."
)


def looks_like(text: str) -> bool:
    return re.match(r"\ufeff?\s*<(?:\?xml|testsuites?\b|!--)", text) is not None


def read(text: str) -> Recording:
    """Return the run in a JUnit XML file; its ids are "classname::name" until `resolve` brings them to the collected.

    LogError where the text is no JUnit XML.
    """
    parser = ElementTree.XMLParser(target=_NoDoctype())
    try:
        root = ElementTree.fromstring(text.lstrip("\ufeff \t\r\n"), parser)
    except ElementTree.ParseError as error:
        raise LogError(f"The file begins as XML and is none ({error}): give the whole JUnit XML file.") from error
    if root.tag not in ("testsuites", "testsuite"):
        raise LogError(f"The XML is a <{root.tag}>, not JUnit's <testsuites>: give what pytest --junitxml wrote.")
    tests: list[Seen] = []
    failures: list[Failure] = []
    for case in root.iter("testcase"):
        nodeid = case_id(case.get("classname", ""), case.get("name", ""), case.get("file"))
        seen, found = _case(nodeid, case)
        # pytest writes a second testcase where a test failed and its teardown failed as well.
        if tests and tests[-1].nodeid == nodeid and tests[-1].bad:
            seen = tests.pop()
        if _is_test(case):
            tests.append(seen)
        failures += found
    if not tests:
        raise LogError("No test is in the JUnit XML: give that of the job that failed.")
    lane = Lane(MAIN, tuple(tests))
    return Recording(
        format="junit",
        lanes=(lane,),
        failures=tuple(failures),
        failed=lane.failed,
        notes=(_ORDER_NOTE,),
    )


def case_id(classname: str, name: str, file: str | None) -> NodeId:
    """Return a node id where `file` settles it, else a stand-in, "classname::name", which `resolve` can read."""
    if file:
        module = re.sub(r"\.\w+$", "", file).replace("/", ".").replace("\\", ".")
        classes = classname[len(module) :] if classname.startswith(module) else ""
        return "::".join((file.replace("\\", "/"), *filter(None, classes.split(".")), name))
    return f"{classname}::{name}"


def xml_names(nodeid: NodeId) -> tuple[str, str]:
    """Return the classname and the name that pytest writes for `nodeid` (`mangle_test_address` of its junitxml.py).

    The path loses its suffix .py and its slashes become dots, so that two ids may get the same names.
    """
    address, bracket, parameters = nodeid.partition("[")
    parts = address.split("::")
    parts[0] = re.sub(r"\.py$", "", parts[0].replace("/", "."))
    parts[-1] += bracket + parameters
    return ".".join(parts[:-1]), _escaped(parts[-1])


def _escaped(text: str) -> str:
    """XML cannot hold control characters: pytest writes them as #x1B."""
    return re.sub(
        "[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]",
        lambda match: f"#x{ord(match[0]):02X}" if ord(match[0]) <= 0xFF else f"#x{ord(match[0]):04X}",
        text,
    )


def _is_test(case: ElementTree.Element) -> bool:
    """A module that could not be collected has a testcase too, without a classname."""
    error = case.find("error")
    return bool(case.get("classname")) or error is None or error.get("message") != "collection failure"


def _case(nodeid: NodeId, case: ElementTree.Element) -> tuple[Seen, list[Failure]]:
    outcome: SeenAs = "passed"
    phase: Phase | None = None
    failures: list[Failure] = []
    for element in case:
        if element.tag == "failure":
            outcome, phase = "failed", "call"
            failures.append(_failure(nodeid, "call", element))
        elif element.tag == "error":
            match = _PHASE.match(element.get("message", ""))
            at: Phase = "teardown" if match and match["phase"] == "teardown" else "setup"
            outcome, phase = ("error", at) if outcome == "passed" else (outcome, phase)
            failures.append(_failure(nodeid, at, element))
        elif element.tag == "skipped":
            outcome = "xfailed" if element.get("type") == "pytest.xfail" else "skipped"
    return Seen(nodeid, outcome, phase, nodeid), failures


def _failure(nodeid: NodeId, phase: Phase, element: ElementTree.Element) -> Failure:
    message = element.get("message", "")
    if match := _PHASE.match(message):
        message = match["message"]
    kind, rest = typed(message.split("\n")[0])
    rest = "\n".join([rest, *message.split("\n")[1:]]).strip()
    text = element.text or ""
    places = list(_PLACE.finditer(text))
    where = f"{places[-1]['file']}:{places[-1]['line']}" if places else ""
    return Failure(nodeid, phase, element.get("type") or kind, rest, where)


class _NoDoctype(ElementTree.TreeBuilder):
    """JUnit XML has no document type; one could make a small file grow without end."""

    def doctype(self, name: str, *_: str) -> None:
        raise LogError(f"The XML declares a document type ({name}), which JUnit XML never does: give another file.")
