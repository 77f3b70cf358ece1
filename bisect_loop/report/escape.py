"""Makes text safe to show. Test ids and messages are the user's data, and may hold anything."""

from __future__ import annotations

import unicodedata

_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def visible(text: str) -> str:
    """Return `text` as one line in which every character shows: an escape sequence cannot reach the terminal.

    Control characters, bidirectional overrides, line separators, lone surrogates and what Unicode has not assigned
    become backslash escapes, as Python writes them. This takes in all that XML 1.0 forbids.
    """
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else _shown(char) for char in text)


def _shown(char: str) -> str:
    if unicodedata.category(char) == "Zs":
        return char  # a wide or a no-break space: not "printable", yet harmless, and part of what is copied
    if char in _SHORT:
        return _SHORT[char]
    code = ord(char)
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def cells(text: str) -> int:
    """Return how many terminal columns `text` takes: wide characters two, combining ones none."""
    if text.isascii():
        return len(text)
    wide = sum(unicodedata.east_asian_width(char) in "WF" for char in text)
    return len(text) + wide - sum(unicodedata.combining(char) != 0 for char in text)
