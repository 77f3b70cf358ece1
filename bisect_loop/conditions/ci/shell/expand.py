"""What a shell word means: quotes removed, variables filled in, split, globs matched.

POSIX shell language, section 2.6. What depends on a command's output or on an unknown variable becomes a hole.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from bisect_loop.conditions.ci.holes import hole, known, split_hole
from bisect_loop.conditions.ci.shell.lexer import skip_quoted

_PARAMETER = re.compile(r"\$\{([A-Za-z_]\w*|[0-9@*#?])(?:(:?[-+=?])(.*))?\}", re.DOTALL)
_ALL_ARGUMENTS = re.compile(r"""((?:[^'"\\$`])*)"\$(?:@|\{@\})"((?:[^'"\\$`])*)""")
_SPLIT = re.compile(r"[ \t\n]+")
_ESCAPES = {"n": "\n", "t": "\t", "\\": "\\", "'": "'", '"': '"'}


class Fragment(NamedTuple):
    """A part of a word: text from an unquoted expansion splits at blanks, unquoted text may be a pattern."""

    text: str
    splits: bool = False
    globs: bool = False


@dataclass(frozen=True, slots=True)
class Expander:
    """`variable` gives a variable's value, None where it is unset; `command` the output of a command's text.

    `arguments` are the script's own ("$@"); `glob` the files that match a pattern, in order, none where none does.
    """

    variable: Callable[[str], str | None]
    command: Callable[[str], str]
    arguments: tuple[str, ...] = ()
    glob: Callable[[str], list[str]] = lambda _: []

    def words(self, raw: str) -> list[str]:
        """Return the words that `raw` becomes: none, one or several. ShellError where it cannot be read."""
        if raw in ("$@", "${@}", "$*", "${*}"):
            return [word for argument in self.arguments for word in argument.split()]
        if match := _ALL_ARGUMENTS.fullmatch(raw):
            # `x"$@"y` is as many words as there are arguments; the first and the last carry what stands around.
            every = [self.one(match[1]), *self.arguments, self.one(match[2])]
            if len(every) == 2:
                return ["".join(every)] if match[1] or match[2] else []
            return ["".join(every[:2]), *every[2:-2], "".join(every[-2:])] if len(every) > 3 else ["".join(every)]
        return [word for braced in braces(raw) for field in self._fields(braced) for word in self._globbed(field)]

    def one(self, raw: str) -> str:
        """Return `raw` as one string, as in an assignment: not split, no globs."""
        if raw.startswith("("):
            return hole(raw)
        return "".join(fragment.text for fragment in self._fragments(raw, quoted=False))

    def _globbed(self, field: list[Fragment]) -> list[str]:
        text = "".join(fragment.text for fragment in field)
        magic = any(fragment.globs and re.search(r"[*?\[]", fragment.text) for fragment in field)
        return (self.glob(text) if magic and known(text) else []) or [text]

    def _fields(self, raw: str) -> list[list[Fragment]]:
        fields: list[list[Fragment]] = []
        current: list[Fragment] | None = None
        for fragment in self._fragments(raw, quoted=False):
            if not fragment.splits:
                current = [*(current or []), fragment]
                continue
            for i, piece in enumerate(_SPLIT.split(fragment.text)):
                if i and current is not None:
                    fields.append(current)
                    current = None
                if piece:
                    current = [*(current or []), Fragment(piece, globs=True)]
        if current is not None:
            fields.append(current)
        return fields

    def _fragments(self, raw: str, *, quoted: bool) -> list[Fragment]:
        found: list[Fragment] = []
        at = 0
        while at < len(raw):
            char = raw[at]
            end = at + 1
            if char == "\\":
                literal = raw[at + 1 : at + 2]
                found.append(Fragment(literal if not quoted or literal in '$`"\\' else char + literal))
                end = at + 2
            elif char == "'" and not quoted:
                end = skip_quoted(raw, at)
                found.append(Fragment(raw[at + 1 : end - 1]))
            elif char == '"' and not quoted:
                end = skip_quoted(raw, at)
                inner = self._fragments(raw[at + 1 : end - 1], quoted=True)
                found.append(Fragment("".join(fragment.text for fragment in inner)))
            elif char in "$`" and not (quoted and raw.startswith("$'", at)):
                end = skip_quoted(raw, at)
                found.append(self._expansion(raw[at:end], quoted=quoted))
            else:
                while end < len(raw) and raw[end] not in ("\\$`" if quoted else "\\'\"$`"):
                    end += 1
                found.append(Fragment(raw[at:end], globs=not quoted))
            at = end
        return found

    def _expansion(self, raw: str, *, quoted: bool) -> Fragment:
        if raw == "$":
            return Fragment("$")
        if raw.startswith("$'"):
            return Fragment(re.sub(r"\\(.)", lambda m: _ESCAPES.get(m[1], m[0]), raw[2:-1]))
        if raw.startswith("$(("):
            return Fragment(hole(raw), splits=not quoted)
        if raw.startswith(("$(", "`")):
            text = self.command(raw[1:-1] if raw[0] == "`" else raw[2:-1])
        else:
            text = self._parameter(raw)
        return Fragment(text, splits=not quoted, globs=not quoted)

    def _parameter(self, raw: str) -> str:
        match = _PARAMETER.fullmatch(raw if raw.startswith("${") else "${" + raw[1:] + "}")
        if match is None:
            return hole(raw)
        name, operator, word = match[1], match[2] or "", match[3] or ""
        if name in "@*":
            value: str | None = " ".join(self.arguments)
        elif name.isdigit():
            value = self.arguments[int(name) - 1] if 0 < int(name) <= len(self.arguments) else None
        else:
            value = hole(raw) if name in "#?" else self.variable(name)
        if not operator:
            return value or ""
        return self._defaulted(raw, value, operator, word)

    def _defaulted(self, raw: str, value: str | None, operator: str, word: str) -> str:
        if value is not None and not known(value) and not _visible(value):
            return hole(raw)  # it may be empty, or not
        present = value is not None and (operator[0] != ":" or value != "")
        if operator[-1] == "+":
            return self._default(word) if present else ""
        if present:
            return value or ""
        return hole(raw) if operator[-1] == "?" else self._default(word)

    def _default(self, word: str) -> str:
        return "".join(fragment.text for fragment in self._fragments(word, quoted=False))


def _visible(value: str) -> bool:
    """Tell whether `value` has text besides its holes."""
    while value:
        start, rest = split_hole(value)
        if not start:
            return True
        value = rest
    return False


def braces(raw: str) -> list[str]:
    """Expand bash's {a,b}, one level, outside quotes."""
    match = re.match(r"((?:[^{}'\"\\$`]|\$\{[^}]*\}|\$(?!\{))*)\{([^{}'\"\\$`]*,[^{}'\"\\$`]*)\}(.*)", raw, re.DOTALL)
    if match is None:
        return [raw]
    return [match[1] + choice + rest for choice in match[2].split(",") for rest in braces(match[3])]
