"""Sets options in the file that holds pytest's configuration. Comments, order and line ends stay."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

# As pytest looks for its configuration: (file, section, whether the file counts without that section).
_PLACES = (
    ("pytest.toml", "pytest", True),
    (".pytest.toml", "pytest", True),
    ("pytest.ini", "pytest", True),
    (".pytest.ini", "pytest", True),
    ("pyproject.toml", "tool.pytest.ini_options", False),
    ("pyproject.toml", "tool.pytest", False),
    ("tox.ini", "pytest", False),
    ("setup.cfg", "tool:pytest", False),
)
_HEADER = re.compile(r"\[\[?[^\[\]]+\]\]?\s*(#.*|;.*)?$")


@dataclass(frozen=True, slots=True)
class Configuration:
    """The file and the section that pytest reads."""

    path: str
    section: str
    text: str | None  # None where there is no such file yet

    @property
    def toml(self) -> bool:
        return self.path.endswith(".toml")


def configuration(read: Callable[[str], str | None]) -> Configuration:
    """Return where pytest's options stand; a pytest.ini that is still to be made where they stand nowhere."""
    for path, section, alone in _PLACES:
        text = read(path)
        if text is not None and (alone or _section(text.splitlines(), section) is not None):
            return Configuration(path, section, text)
    return Configuration("pytest.ini", "pytest", None)


def with_options(where: Configuration, options: Mapping[str, str]) -> tuple[str, int]:
    """Return (the file's text with `options` set, the line of the first of them).

    An option that is there gets its new value where it stands; others follow it, or begin the section.
    """
    text = where.text if where.text is not None else ""
    newline = "\r\n" if "\r\n" in text else "\n"
    lines = text.splitlines(keepends=True)
    if lines and not lines[-1].endswith(("\n", "\r")):
        lines[-1] += newline
    found = _section(lines, where.section)
    if found is None:
        lines += [newline] * bool(lines) + [f"[{where.section}]{newline}"]
        found = len(lines), len(lines)
    start, end = found
    at = start
    missing = dict(options)
    first = 0
    for index in range(start, end):
        match = re.match(r"\s*['\"]?([\w.-]+)['\"]?\s*[=:]", lines[index])
        if match is not None and match[1] in missing:
            lines[index] = _set(lines[index], missing.pop(match[1]), where.toml)
            at = index + 1
            first = first or at
    new = [_line(name, value, where.toml) + newline for name, value in missing.items()]
    lines[at:at] = new
    return "".join(lines), first or at + 1


def _section(lines: list[str], name: str) -> tuple[int, int] | None:
    """The indices of the first line of a section and of the line behind its last."""
    start = None
    for index, line in enumerate(lines):
        stripped = line.strip()
        if not line.startswith("[") or _HEADER.fullmatch(stripped) is None:
            continue
        if start is not None:
            return start, index
        inside = re.sub(r"[\s\"']", "", stripped[1 : stripped.index("]")])
        if inside == name:
            start = index + 1
    return None if start is None else (start, len(lines))


def _set(line: str, value: str, toml: bool) -> str:
    """The line with another value; what follows the value in TOML is a comment, and stays."""
    match = re.match(r"(\s*[^=:]+[=:]\s*)('[^']*'|\"[^\"]*\"|[^\s#]+)?(.*?)(\r?\n?)$", line, re.DOTALL)
    assert match is not None
    head, _, rest, end = match.groups()
    return f'{head}"{value}"{rest}{end}' if toml else f"{head}{value}{end}"


def _line(name: str, value: str, toml: bool) -> str:
    return f'{name} = "{value}"' if toml else f"{name} = {value}"
