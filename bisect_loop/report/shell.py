"""Lays a shell command out over several lines so that it still pastes into sh and does the same."""

from __future__ import annotations

import re

_PIECE = r"'[^']*'|\"(?:\\.|[^\"\\])*\"|\\.|[^ \t\n'\"\\]"
_SPLIT = re.compile(rf"((?:{_PIECE})+)([ \t]*)", re.DOTALL)
_QUOTED = re.compile(r"'[^']*'")
# Substitutions may hold quotes inside quotes, and a line that goes on already is laid out already.
_NOT_PLAIN = re.compile(r"`|\$[({]|\\\n")
_PIECES = re.compile(_PIECE, re.DOTALL)
# Options of pytest that read better on one line with their value.
_WITH_VALUE = re.compile(r"-[ckmnopW]|--deselect")


def wrap(command: str, width: int, indent: str = "") -> str:
    """Return `command` in lines of at most `width` columns where that can be, each but the last ending in "\\".

    Lines after the first begin with `indent`. Breaks stand between shell words only, and the quoting of a word
    stays as it is, save that control characters are written as `$(printf ...)`: raw, they would act on the
    terminal. A newline in quotes stays a newline, with nothing put before what follows it. A command that is not
    plain words (a comment, a substitution, a here-document, an unclosed
    quote) comes back as it is.
    """
    words = _words(command)
    if words is None:
        return command
    lines: list[str] = []
    line = ""
    for phrase in _phrases([_printable(word) for word in words]):
        room = width - (len(indent) if lines else 0) - len(" \\")
        if line and len(line) + 1 + len(phrase) > room:
            lines.append(line)
            line = phrase
        else:
            line = f"{line} {phrase}" if line else phrase
    lines.append(line)
    return f" \\\n{indent}".join(lines)


def _words(command: str) -> list[str] | None:
    """Return the words of a simple command with their quotes on; None where it is more than that."""
    words = []
    at = 0
    command = command.strip(" \t")
    while at < len(command):
        match = _SPLIT.match(command, at)
        if match is None or match[1].startswith("#") or _NOT_PLAIN.search(_QUOTED.sub("", match[1])):
            return None
        words.append(match[1])
        at = match.end()
    return words or None


def _phrases(words: list[str]) -> list[str]:
    phrases: list[str] = []
    for word in words:
        if phrases and _WITH_VALUE.fullmatch(phrases[-1]):
            phrases[-1] += f" {word}"
        else:
            phrases.append(word)
    return phrases


def _printable(word: str) -> str:
    if word.isprintable():
        return word
    return _PIECES.sub(lambda piece: _printable_piece(piece[0]), word)


def _printable_piece(piece: str) -> str:
    """Spell the control characters of one piece of a word: a quoted part, an escaped or a plain character."""
    if piece[0] == "'":
        return _spelled(piece, "'\"", "\"'")
    if piece[0] == '"':
        return _spelled(piece, "", "")
    if piece[0] == "\\" and _spelled(piece[1:], "", "") != piece[1:]:
        piece = piece[1:]
    return _spelled(piece, '"', '"')


def _spelled(text: str, before: str, after: str) -> str:
    parts = []
    run = b""
    for char in (*text, ""):
        if char and not char.isprintable() and char not in "\n\xa0":
            run += _bytes(char)
            continue
        if run:
            octal = "".join(f"\\{byte:03o}" for byte in run)
            parts.append(f"{before}$(printf '{octal}'){after}")
            run = b""
        parts.append(char)
    return "".join(parts)


def _bytes(char: str) -> bytes:
    try:
        # A lone surrogate of this kind stands for a byte that is not UTF-8.
        return char.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return char.encode("utf-8", "surrogatepass")
