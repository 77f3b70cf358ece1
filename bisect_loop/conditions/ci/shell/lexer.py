"""A shell script cut into tokens, each with its line.

Words keep their quotes: what they mean depends on variables, and those are known only later (`expand`). This is
POSIX shell with what bash adds in CI files (`[[`, `<<<`, `&>`, arrays as opaque words); section 2.3 of the POSIX
shell language has the rules for token recognition.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

_OPERATORS = ("&>>", "&&", "||", ";;&", ";;", ";&", "|&", "&>", ";", "&", "|", "((", "(", ")")
_REDIRECT = re.compile(r"\d*(?:<<<|<<-|<<|<>|>>|>\||>&|<&|<|>)|&>>?")
_BREAKS = frozenset(" \t\n;&|()<>")


class ShellError(ValueError):
    """The text is no shell script that can be read: a quote or a bracket is never closed."""


@dataclass(frozen=True, slots=True)
class Token:
    """`line` counts from 0 at the start of the text."""

    kind: Literal["word", "op", "redirect", "newline"]
    text: str
    line: int


def is_document(redirect: str) -> bool:
    """Tell whether a redirection operator begins a here-document (`<<<` does not)."""
    return redirect.lstrip("0123456789") in ("<<", "<<-")


def tokens(text: str) -> list[Token]:
    """Cut `text` into tokens; comments, continuations and the bodies of here-documents are left out."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    found: list[Token] = []
    documents: list[tuple[str, bool]] = []
    at, line = 0, 0
    while at < len(text):
        char = text[at]
        if text.startswith("\\\n", at):
            at, line = at + 2, line + 1
        elif char in " \t":
            at += 1
        elif char == "\n":
            found.append(Token("newline", char, line))
            at, line = at + 1, line + 1
            for delimiter, dashed in documents:
                at, line = _skip_document(text, at, line, delimiter, dashed)
            documents.clear()
        elif char == "#":
            at = _end_of_line(text, at)
        elif (match := _REDIRECT.match(text, at)) and not text.startswith(("<(", ">("), at):
            found.append(Token("redirect", match[0], line))
            at = match.end()
            if is_document(match[0]):
                start = at + len(text[at:]) - len(text[at:].lstrip(" \t"))
                at = word_end(text, start)
                documents.append((re.sub(r"['\"\\]", "", text[start:at]), match[0].endswith("-")))
        elif operator := next((op for op in _OPERATORS if text.startswith(op, at)), None):
            found.append(Token("op", operator, line))
            at += len(operator)
        else:
            end = word_end(text, at)
            found.append(Token("word", text[at:end].replace("\\\n", ""), line))
            line += text.count("\n", at, end)
            at = end
    return found


def word_end(text: str, at: int) -> int:
    """Return where the word that starts at `at` ends, quotes and expansions skipped."""
    start = at
    while at < len(text):
        char = text[at]
        if char == "\\":
            at += 2
        elif char in "'\"`$":
            at = skip_quoted(text, at)
        elif text.startswith(("<(", ">("), at) and at == start:
            at = _closed(text, at + 1, "(", ")")
        elif char == "(" and text[start:at].endswith("="):
            at = _closed(text, at, "(", ")")
        elif char in _BREAKS:
            break
        else:
            at += 1
    return min(at, len(text))


def skip_quoted(text: str, at: int) -> int:
    """Return the end of the quote or expansion at `at`; `at` + 1 where a lone `$` stands there."""
    char = text[at]
    if char == "'":
        end = text.find("'", at + 1)
        if end < 0:
            raise ShellError("a single quote is never closed")
        return end + 1
    if char == "`":
        return _backquoted(text, at)
    if char == '"':
        at += 1
        while at < len(text) and text[at] != '"':
            # `$'` is special outside of double quotes only.
            expands = text[at] in "`$" and not text.startswith("$'", at)
            at = at + 2 if text[at] == "\\" else skip_quoted(text, at) if expands else at + 1
        if at >= len(text):
            raise ShellError("a double quote is never closed")
        return at + 1
    if text.startswith("$'", at):
        match = re.compile(r"\$'(?:[^'\\]|\\.)*'", re.DOTALL).match(text, at)
        if match is None:
            raise ShellError("a $' quote is never closed")
        return match.end()
    if text.startswith("$(", at):
        return _closed(text, at + 1, "(", ")")
    if text.startswith("${", at):
        return _closed(text, at + 1, "{", "}")
    match = re.compile(r"\$(?:[A-Za-z_]\w*|[0-9@*#?$!-])?").match(text, at)
    return match.end() if match else at + 1


def _closed(text: str, at: int, opening: str, closing: str) -> int:
    """Return the end of the bracket that opens at `at`."""
    depth = 0
    while at < len(text):
        char = text[at]
        if char == "\\":
            at += 1
        elif char in "'\"`" or text.startswith(("$(", "${"), at):
            at = skip_quoted(text, at) - 1
        elif char == opening:
            depth += 1
        elif char == closing:
            depth -= 1
            if depth == 0:
                return at + 1
        at += 1
    raise ShellError(f"a {opening!r} is never closed")


def _backquoted(text: str, at: int) -> int:
    at += 1
    while at < len(text) and text[at] != "`":
        at += 2 if text[at] == "\\" else 1
    if at >= len(text):
        raise ShellError("a backquote is never closed")
    return at + 1


def _end_of_line(text: str, at: int) -> int:
    end = text.find("\n", at)
    return len(text) if end < 0 else end


def _skip_document(text: str, at: int, line: int, delimiter: str, dashed: bool) -> tuple[int, int]:
    while at < len(text):
        end = _end_of_line(text, at)
        content = text[at:end]
        at, line = end + 1, line + 1
        if (content.lstrip("\t") if dashed else content) == delimiter:
            break
    return at, line
