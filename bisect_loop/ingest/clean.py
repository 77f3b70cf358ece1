"""What CI systems put around a program's lines, taken off: colours, timestamps, section marks, container names.

GitHub and Azure write a timestamp before each line, `gh run view --log` the job and the step before that; GitLab
a timestamp with a stream mark and section marks that end in a carriage return; Buildkite a timestamp in an APC
escape; docker compose the container's name. Whatever stands before pytest's own first line stands before the others.
"""

from __future__ import annotations

import re

_ESCAPES = re.compile(
    r"\x1b\[[0-9;:?]*[ -/]*[@-~]"  # CSI: colours, cursor
    r"|\x1b[\]_P^X][^\x07\x1b]*(?:\x07|\x1b\\)"  # OSC, APC (Buildkite's timestamp), DCS, PM, SOS
    r"|\x1b[()][0-9A-B]|\x1b[=>78cMDE]"
)
_COPIED_ESCAPES = re.compile("(?:\u241b|\\^\\[|\\\\x1b|\\\\033)\\[[0-9;]*[A-Za-z]")
_BARE_COLOURS = re.compile(r"\[(?:\d{1,3}(?:;\d{1,3})*)?m")
_STAMP = re.compile(
    "^\ufeff?"
    r"(?:[^\t\n]+\t[^\t\n]+\t\ufeff?)?"  # job and step, as `gh run view --log` writes them
    r"\[?\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?\]?"
    r"(?P<stream> [0-9a-f]{2}[OE](?P<joins>[+ ]?))? ?"
)
_CONTAINER = re.compile(r"[\w.-]+\s*\| ")
_HEADER = re.compile(r"={3,} test session starts (?:\(.*\) )?={3,}")


# An id stands at the beginning of a line and an outcome at its end. Between them a test may print a megabyte, over
# which patterns with several free parts would take for ever.
_LONGEST = 4000


def cleaned(text: str) -> list[tuple[int, str]]:
    """Return the lines of `text`, numbered from 1, without what the CI system put around them.

    The middle of a very long line is left out.
    """
    text = _without_escapes(text)
    lines: list[tuple[int, str]] = []
    for number, raw in enumerate(text.split("\n"), 1):
        line = raw.rstrip("\r")
        match = _STAMP.match(line)
        joins = False
        if match:
            line = line[match.end() :]
            joins = match["joins"] == "+"
        # What a carriage return overwrites is gone from the screen as well.
        line = next((part for part in reversed(line.split("\r")) if part), "")
        if joins and lines:
            lines[-1] = (lines[-1][0], lines[-1][1] + line)
        else:
            lines.append((number, line))
    return [(number, _shortened(line)) for number, line in _without_prefix(lines)]


def _shortened(line: str) -> str:
    return line if len(line) <= _LONGEST else line[: _LONGEST // 2] + line[-_LONGEST // 2 :]


def is_session_header(line: str) -> bool:
    """Tell whether `line` is the first one that pytest writes."""
    return _HEADER.fullmatch(line.strip()) is not None


def _without_escapes(text: str) -> str:
    text = _COPIED_ESCAPES.sub("", _ESCAPES.sub("", text))
    if "[0m" in text and _BARE_COLOURS.search(text):
        # Copied from a web page the escape character is lost, and the colours' brackets are not.
        text = re.sub(r"\[(?:0|\d{1,2}(?:;\d{1,2})*)?m(?!\])", "", text)
    return text


def _without_prefix(lines: list[tuple[int, str]]) -> list[tuple[int, str]]:
    """Take off what stands before pytest's first line; digits in it may differ from line to line."""
    prefixes: list[re.Pattern[str]] = []
    for _, line in lines:
        match = _HEADER.search(line)
        prefix = line[: match.start()] if match else ""
        if prefix.strip() and not any(pattern.fullmatch(prefix) for pattern in prefixes):
            prefixes.append(re.compile(re.sub(r"\d+", r"\\d+", re.escape(prefix))))
    if not prefixes:
        return lines
    found = []
    for number, line in lines:
        match = next((match for pattern in prefixes if (match := pattern.match(line + " "))), None)
        if match is None and _CONTAINER.match(line):
            continue  # another container's
        found.append((number, line[match.end() :] if match else line))
    return found
