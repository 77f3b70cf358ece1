"""GitHub's `${{ }}` expressions, evaluated as far as the files allow.

What only a run knows (an output of another job, a secret, the event) is `Unknown` and stays so through every
operator, except where the answer does not depend on it. Equality, truth and the functions follow GitHub's
documented rules: text compares without case, and `&&` and `||` return an operand.
"""

from __future__ import annotations

import json
import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from bisect_loop.conditions.ci.holes import hole, known
from bisect_loop.conditions.ci.yamltree import text_of


@dataclass(frozen=True, slots=True)
class Unknown:
    """A value that only a run knows; `truth` where at least its truth is settled."""

    truth: bool | None = None


Value = bool | float | str | list[Any] | dict[str, Any] | Unknown | None
Context = Mapping[str, Value]


class Open(dict[str, Any]):
    """A context of which only some keys are known: a missing one is unknown, not empty."""


class ExpressionError(ValueError):
    """The text between `${{` and `}}` is no expression."""


_TOKEN = re.compile(
    r"\s*(?:(?P<number>-?(?:0x[0-9a-fA-F]+|\d+(?:\.\d+)?(?:[eE][-+]?\d+)?))(?![\w.])"
    r"|(?P<string>'(?:[^']|'')*')"
    r"|(?P<name>[A-Za-z_][\w-]*)"
    r"|(?P<op>&&|\|\||==|!=|<=|>=|[<>!()\[\],.*]))"
)
_EXPRESSION = re.compile(r"\$\{\{((?:[^'}]|'(?:[^']|'')*'|\}(?!\}))*)\}\}")
_ORDER = {"<": operator.lt, ">": operator.gt, "<=": operator.le, ">=": operator.ge}
_STATUS = {"success": True, "always": True, "failure": False, "cancelled": False}


def interpolate(text: str, context: Context) -> str:
    """Return `text` with its `${{ }}` replaced; what cannot be known becomes a hole."""

    def replaced(match: re.Match[str]) -> str:
        try:
            value = evaluate(match[1], context)
        except ExpressionError:
            value = Unknown()
        if isinstance(value, (Unknown, dict, list)):
            return hole(match[0])
        return text_of(value)

    return _EXPRESSION.sub(replaced, text)


def evaluate_text(text: str, context: Context) -> Value:
    """Return the value of a YAML scalar: of the expression where it is nothing but one, else the text."""
    match = _EXPRESSION.fullmatch(text.strip())
    if match is None:
        return interpolate(text, context)
    try:
        return evaluate(match[1], context)
    except ExpressionError:
        return Unknown()


def condition(text: str, context: Context) -> bool | None:
    """Tell whether an `if:` holds in a run in which nothing has failed so far; None where a run must say."""
    whole = _EXPRESSION.fullmatch(text.strip())
    if whole is None and "${{" in text:
        return None
    try:
        return truth(evaluate(whole[1] if whole else text, context))
    except ExpressionError:
        return None


def truth(value: Value) -> bool | None:
    """Return the truth of `value`, None where it is unknown."""
    if isinstance(value, Unknown):
        return value.truth
    if isinstance(value, str) and not known(value):
        return None
    if isinstance(value, (list, dict)):
        return True
    return not (value is None or value is False or value in (0.0, "") or value != value)


def evaluate(expression: str, context: Context) -> Value:
    """Return the value of `expression` in `context`. ExpressionError where it is none."""
    parser = _Parser(_tokens(expression), context)
    value = parser.either()
    parser.done()
    return value


def _tokens(text: str) -> list[tuple[str, str]]:
    tokens: list[tuple[str, str]] = []
    at, end = 0, len(text.rstrip())
    while at < end:
        match = _TOKEN.match(text, at)
        if match is None or match.lastgroup is None:
            raise ExpressionError(f"cannot read {text[at:].strip()!r}")
        tokens.append((match.lastgroup, match[match.lastgroup]))
        at = match.end()
    return tokens


class _Parser:
    """Recursive descent that evaluates as it goes; GitHub's precedence, lowest first: ||, &&, ==, <, !."""

    def __init__(self, tokens: list[tuple[str, str]], context: Context) -> None:
        self._tokens, self._at, self._context = tokens, 0, context

    def done(self) -> None:
        if self._at != len(self._tokens):
            raise ExpressionError(f"unexpected {self._tokens[self._at][1]!r}")

    def _take(self, *ops: str) -> str | None:
        if self._at < len(self._tokens) and self._tokens[self._at] in [("op", op) for op in ops]:
            self._at += 1
            return self._tokens[self._at - 1][1]
        return None

    def _need(self, op: str) -> None:
        if self._take(op) is None:
            raise ExpressionError(f"{op!r} is missing")

    def either(self) -> Value:
        value = self._both()
        while self._take("||"):
            other = self._both()
            value = _decide(value, other, stop=True)
        return value

    def _both(self) -> Value:
        value = self._equality()
        while self._take("&&"):
            other = self._equality()
            value = _decide(value, other, stop=False)
        return value

    def _equality(self) -> Value:
        value = self._order()
        while op := self._take("==", "!="):
            same = _equal(value, self._order())
            value = Unknown() if same is None else same is (op == "==")
        return value

    def _order(self) -> Value:
        value = self._not()
        while op := self._take("<=", ">=", "<", ">"):
            value = _compare(value, op, self._not())
        return value

    def _not(self) -> Value:
        if self._take("!"):
            holds = truth(self._not())
            return Unknown() if holds is None else not holds
        return self._path(self._primary())

    def _path(self, value: Value) -> Value:
        while True:
            if self._take("."):
                kind, name = self._next()
                value = Unknown() if kind == "op" else _member(value, name)
            elif self._take("["):
                inside = Unknown() if self._take("*") else self.either()
                self._need("]")
                value = Unknown() if isinstance(inside, Unknown) else _member(value, text_of(inside))
            else:
                return value

    def _next(self) -> tuple[str, str]:
        if self._at >= len(self._tokens):
            raise ExpressionError("the expression ends too early")
        self._at += 1
        return self._tokens[self._at - 1]

    def _primary(self) -> Value:
        if self._take("("):
            value = self.either()
            self._need(")")
            return value
        kind, text = self._next()
        if kind == "number":
            return float(int(text, 0)) if "x" in text else float(text)
        if kind == "string":
            return text[1:-1].replace("''", "'")
        if kind == "op":
            raise ExpressionError(f"unexpected {text!r}")
        if self._take("("):
            return _call(text, self._arguments())
        if text in ("true", "false", "null"):
            return {"true": True, "false": False, "null": None}[text]
        return self._context.get(text.lower(), Unknown())

    def _arguments(self) -> list[Value]:
        found: list[Value] = []
        while not self._take(")"):
            if found:
                self._need(",")
            found.append(self.either())
        return found


def _decide(value: Value, other: Value, *, stop: bool) -> Value:
    """`||` for stop=True, `&&` for stop=False."""
    holds = truth(value)
    if holds is None:
        return Unknown(stop if truth(other) is stop else None)
    return value if holds is stop else other


def _member(value: Value, name: str) -> Value:
    if isinstance(value, dict):
        for key, found in value.items():
            if key.lower() == name.lower():
                return cast(Value, found)
        return Unknown() if isinstance(value, Open) else None
    if isinstance(value, list) and name.isdigit():
        return value[int(name)] if int(name) < len(value) else None
    return Unknown() if isinstance(value, Unknown) else None


def _settled(*values: Value) -> bool:
    return not any(isinstance(v, Unknown) or (isinstance(v, str) and not known(v)) for v in values)


def _number(value: Value) -> float:
    if isinstance(value, (bool, float)):
        return float(value)
    try:
        return 0.0 if value is None or value == "" else float(str(value))
    except ValueError:
        return float("nan")


def _equal(left: Value, right: Value) -> bool | None:
    if not _settled(left, right):
        return None
    if isinstance(left, str) and isinstance(right, str):
        return left.lower() == right.lower()
    if type(left) is type(right) or isinstance(left, (list, dict)) or isinstance(right, (list, dict)):
        return left is right if isinstance(left, (list, dict)) else left == right
    return _number(left) == _number(right)


def _compare(left: Value, op: str, right: Value) -> Value:
    if not _settled(left, right):
        return Unknown()
    pair: tuple[Any, Any] = (_number(left), _number(right))
    if isinstance(left, str) and isinstance(right, str):
        pair = (left.lower(), right.lower())
    return bool(_ORDER[op](*pair))


def _contains(whole: Value, part: Value) -> Value:
    if isinstance(whole, list):
        found = [_equal(item, part) for item in whole]
        return True if True in found else Unknown() if None in found else False
    return text_of(part).lower() in text_of(whole).lower()


def _format(text: Value, *values: Value) -> Value:
    def filled(match: re.Match[str]) -> str:
        if match[1] is None:
            return match[0][0]
        return text_of(values[int(match[1])]) if int(match[1]) < len(values) else match[0]

    return re.sub(r"\{\{|\}\}|\{(\d+)\}", filled, text_of(text))


def _from_json(text: Value) -> Value:
    try:
        return cast(Value, json.loads(text_of(text), parse_int=float))
    except ValueError:
        return Unknown()


_FUNCTIONS: dict[str, Callable[..., Value]] = {
    "contains": _contains,
    "startswith": lambda text, start: text_of(text).lower().startswith(text_of(start).lower()),
    "endswith": lambda text, end: text_of(text).lower().endswith(text_of(end).lower()),
    "format": _format,
    "join": lambda items, by=",": text_of(by).join(map(text_of, items if isinstance(items, list) else [items])),
    "tojson": lambda value: json.dumps(value, indent=2),
    "fromjson": _from_json,
}


def _call(name: str, arguments: list[Value]) -> Value:
    lowered = name.lower()
    if lowered in _STATUS and not arguments:
        return _STATUS[lowered]
    function = _FUNCTIONS.get(lowered)
    if function is None or not _settled(*arguments):
        return Unknown()
    try:
        return function(*arguments)
    except TypeError as error:
        raise ExpressionError(f"{name}() does not take these arguments") from error
