"""The part of a log after the progress: tracebacks under FAILURES and ERRORS, and the short test summary."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from bisect_loop.ingest.recording import Failure, Lane
from bisect_loop.model import Phase

_TITLE = re.compile(r"_{3,} (?P<title>.+?) _{3,}")
_AT = re.compile(r"ERROR at (?P<phase>setup|teardown|call) of (?P<name>.+)")
_WORKER = re.compile(r"\[(?P<worker>gw\d+)\] \S+ -- Python ")
_E_LINE = re.compile(r"E(?:(?:   |\t)(?P<text>.*))?")
_PLACE = re.compile(r"(?P<file>[^\s:][^:]*\.\w+):(?P<line>\d+):(?: (?P<rest>.*))?")
_CAPTURED = re.compile(r"-{3,} Captured .* -{3,}")
_TYPED = re.compile(r"(?P<type>[A-Za-z_][\w.]*(?:\.[A-Za-z_]\w*)*)(?:: (?P<message>.*))?")
_NATIVE = re.compile(
    r"(?P<type>[A-Za-z_][\w.]*(?:Error|Exception|Exit|Interrupt|Failed|Warning|Group|Timeout))(?:: (?P<message>.*))?"
)
_SUMMARY = re.compile(r"(?P<word>FAILED|ERROR) (?P<text>\S.*)")
_SUB_SUMMARY = re.compile(r"SUBFAIL(?:ED)?\b.*? (?P<text>[^\s(\[]\S*\.\w+::.*)")
_TYPE_NAME = re.compile(
    r"[A-Za-z_][\w.]*(?:Error|Exception|Exit|Interrupt|Failed|Warning|Group|Timeout|Skipped)$|^[a-z_][\w.]*\.[A-Z]\w*$|^Failed$"
)


@dataclass(frozen=True, slots=True)
class Section:
    """One traceback: the test's name as pytest titles it ("TestA.test_x[1]"), and how it failed.

    `files` are those that the traceback passes through.
    """

    name: str
    phase: Phase
    failure: Failure
    files: tuple[str, ...] = ()


def read_sections(lines: Iterable[str], *, errors: bool) -> list[Section]:
    """Read the lines under FAILURES, or under ERRORS with `errors`."""
    found: list[Section] = []
    title, body = "", list[str]()
    for line in (*lines, "___ end ___"):
        if match := _TITLE.fullmatch(line.rstrip()):
            if title:
                found += _section(title, body, errors=errors)
            title, body = match["title"], []
        else:
            body.append(line)
    return found


def read_summary(lines: Iterable[str]) -> list[tuple[str, str]]:
    """Return ("FAILED" or "ERROR", text) for each line of the short summary; the text still holds id and message."""
    found = []
    for line in lines:
        if match := _SUMMARY.fullmatch(line.rstrip()):
            found.append((match["word"], match["text"]))
        elif match := _SUB_SUMMARY.fullmatch(line.rstrip()):
            found.append(("FAILED", match["text"]))
    return found


def split_summary(text: str, known: Iterable[str]) -> tuple[str, str]:
    """Split a summary line into id and message; an id may itself hold " - ", so one that is known goes first."""
    best = max((nodeid for nodeid in known if text == nodeid or text.startswith(nodeid + " - ")), key=len, default="")
    if best:
        return best, text[len(best) + 3 :]
    depth = 0
    for at, char in enumerate(text):
        depth += {"[": 1, "]": -1}.get(char, 0)
        if depth <= 0 and text.startswith(" - ", at):
            return text[:at], text[at + 3 :]
    nodeid, _, message = text.partition(" - ")
    return nodeid, message


def typed(text: str) -> tuple[str, str]:
    """Split "ValueError: why" into type and message; a bare `assert` is an AssertionError."""
    text = text.strip()
    match = _TYPED.fullmatch(text)
    if match and _TYPE_NAME.search(match["type"]):
        return match["type"], match["message"] or ""
    return ("AssertionError", text) if text.startswith("assert ") else ("", text)


def domain(nodeid: str) -> str:
    """Return what pytest titles a test's traceback with: the names after the file, joined with dots."""
    path, bracket, parameters = nodeid.partition("[")
    return ".".join(path.split("::")[1:]) + bracket + parameters


def failures_of(sections: list[Section], summary: list[tuple[str, str]], lanes: Iterable[Lane]) -> list[Failure]:
    """Bring tracebacks and summary together: one Failure for each test and phase that failed.

    A traceback's title has no file; among several tests of one name the worker, the file of the traceback and then
    the order decide.
    """
    placed = [(test.nodeid, test.phase, lane.worker) for lane in lanes for test in lane.tests if test.bad]
    ids = [nodeid for nodeid, _, _ in placed]
    for _, text in summary:
        nodeid, _ = split_summary(text, ids)
        if nodeid not in ids:
            ids.append(nodeid)
            placed.append((nodeid, None, ""))
    found: list[Failure] = []
    for section in sections:
        nodeid, worker = _owner(section, placed, found)
        if nodeid:
            found.append(replace(section.failure, nodeid=nodeid, worker=section.failure.worker or worker))
    for word, text in summary:
        nodeid, message = split_summary(text, ids)
        if any(failure.nodeid == nodeid and (failure.phase == "call") is (word == "FAILED") for failure in found):
            continue
        kind, rest = typed(message)
        phase = next((phase for other, phase, _ in placed if other == nodeid), None)
        phase = "call" if word == "FAILED" else phase if phase != "call" else "teardown"
        worker = next((worker for other, _, worker in placed if other == nodeid), "")
        found.append(Failure(nodeid, phase, kind, rest, worker=worker))
    shown = {failure.nodeid for failure in found}
    return found + [Failure(nodeid, phase, worker=worker) for nodeid, phase, worker in placed if nodeid not in shown]


def _owner(section: Section, placed: list[tuple[str, Phase | None, str]], found: list[Failure]) -> tuple[str, str]:
    """Return the id and the worker of the test that a traceback belongs to, "" where none fits."""
    taken = {(failure.nodeid, failure.phase) for failure in found}
    fits = [(n, w) for n, _, w in placed if _titled(section.name, n) and (n, section.phase) not in taken]
    worker = section.failure.worker
    fits = [(n, w) for n, w in fits if w == worker] or fits
    fits = [(n, w) for n, w in fits if n.partition("::")[0] in section.files] or fits
    return fits[0] if fits else ("", "")


def _titled(title: str, nodeid: str) -> bool:
    """Tell whether a traceback of `nodeid` has that title; a subtest adds its own description to it."""
    name = domain(nodeid)
    return title == name or title.startswith((f"{name} [", f"{name} ("))


def _section(title: str, body: list[str], *, errors: bool) -> list[Section]:
    phase: Phase = "call"
    name = title
    if match := _AT.fullmatch(title):
        name = match["name"]
        phase = "setup" if match["phase"] == "setup" else "teardown"
    elif errors:
        return []  # "ERROR collecting tests/a.py": no test
    worker, where, block = "", "", list[str]()
    files: list[str] = []
    in_block = False
    for line in body:
        if match := _WORKER.match(line):
            worker = match["worker"]
        elif _CAPTURED.fullmatch(line.strip()):
            break
        elif match := _E_LINE.fullmatch(line.rstrip()):
            # Each exception of a chain has its block; the last one is what the test failed with.
            text = match["text"] or ""
            block = [*block, text] if in_block else [text]
            in_block = True
            continue
        elif match := _PLACE.fullmatch(line.rstrip()):
            where = f"{match['file']}:{match['line']}"
            files.append(match["file"])
            if match["rest"] and not match["rest"].startswith("in ") and block and not typed(block[0].strip())[0]:
                block = [f"{match['rest']}: {block[0].strip()}", *block[1:]]
        in_block = False
    kind, message = typed(block[0]) if block else _native(body)
    rest = [line.rstrip() for line in block[1:]]
    failure = Failure("", phase, kind, "\n".join([message, *rest]).strip(), where, worker)
    return [Section(name, phase, failure, tuple(files))]


def _native(body: list[str]) -> tuple[str, str]:
    """--tb=native: the last line of Python's own traceback."""
    for line in reversed([line for line in body if line.strip()]):
        if match := _NATIVE.fullmatch(line.rstrip()):
            return match["type"], match["message"] or ""
    return "", ""
