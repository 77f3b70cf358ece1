"""Text with holes: the parts that a file leaves to somebody else, an expression, a secret, a command's output.

A hole travels inside an ordinary `str`, so that every parser on the way (shell, tox, make) can carry it without
knowing of it: its source text is moved, character by character, into a private-use plane of Unicode, where no
parser sees a quote, a blank or a bracket. At the border it is shown again as it was written.
"""

from __future__ import annotations

import re

_OPEN, _CLOSE = chr(0x100000), chr(0x100001)
_PLANE = 0xF0000
_HOLE = re.compile(f"{_OPEN}([{chr(_PLANE)}-{chr(_PLANE + 0xFFFD)}]*){_CLOSE}")
_FOREIGN = re.compile(f"[{chr(_PLANE)}-{chr(0x10FFFF)}]")
_SECRET = re.compile(r"\bsecrets\s*(?:\.\s*([A-Za-z_][\w-]*)|\[\s*'([^']*)'\s*\])")


def hole(source: str) -> str:
    """Return a hole that is shown as `source`."""
    return _OPEN + "".join(chr(_PLANE + min(ord(c), 0xFFFD)) for c in source) + _CLOSE


def known(text: str) -> bool:
    """Tell whether `text` has no hole."""
    return _OPEN not in text


def show(text: str) -> str:
    """Return `text` with its holes as they were written."""
    return _HOLE.sub(lambda match: _source(match[1]), text)


def holes_in(text: str) -> tuple[str, ...]:
    """Return the source of each hole in `text`, in order, each once."""
    return tuple(dict.fromkeys(_source(match[1]) for match in _HOLE.finditer(text)))


def split_hole(text: str) -> tuple[str, str]:
    """Split a leading hole from the rest of `text`; the first part is "" where `text` starts with none."""
    match = _HOLE.match(text)
    return (match[0], text[match.end() :]) if match else ("", text)


def secrets_in(text: str) -> tuple[str, ...]:
    """Return the names of the secrets that the holes of `text` ask for, in order, each once."""
    return tuple(dict.fromkeys(name for source in holes_in(text) for name in secrets_named(source)))


def secrets_named(source: str) -> tuple[str, ...]:
    """Return the names of the secrets in `source`, an expression as written."""
    return tuple(dotted or quoted for dotted, quoted in _SECRET.findall(source))


def scrub(text: str) -> str:
    """Return `text`, read from outside, without characters that could pass for a hole."""
    return _FOREIGN.sub("\ufffd", text)


def _source(moved: str) -> str:
    return "".join(chr(ord(c) - _PLANE) for c in moved)
