"""Which environment variables decide a test: three-valued evaluation of conditions under assumptions.

`truth` answers True, False or None (not decided). An assumption says of a variable that it is unset (False), set to
a given text, or set to some text that is not empty (True). Names are followed to their only assignment, functions
to their only return, and settings objects to their fields.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from bisect_loop.scan.origins import Origins, dotted_name, keyword, text_of
from bisect_loop.scan.project import Project
from bisect_loop.scan.scopes import Scope, chain_of
from bisect_loop.scan.values import Cond

Assumed = Mapping[str, bool | str]

#: A pseudo variable: "pytest" is in sys.modules.
PYTEST_LOADED = "sys.modules['pytest']"

_DEEPEST = 8


_SOME: object = object()  # some text that is not empty
_UNKNOWN: object = object()


class Conditions:
    """Evaluates conditions against one project."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.origins = Origins(project)

    def contradicts(self, cond: Cond, assumed: Assumed) -> bool:
        """Tell whether code behind `cond` cannot run under the assumptions."""
        truth = self.truth(cond.test, cond.scope, assumed)
        return truth is not None and truth != cond.wanted

    def truth(self, node: ast.expr, scope: Scope, assumed: Assumed) -> bool | None:
        """Return how `node` comes out, None where the assumptions do not decide it."""
        value = self._value(node, scope, assumed, 0)
        if value is _UNKNOWN:
            return None
        return True if value is _SOME else bool(value)

    def variables(self, node: ast.expr, scope: Scope) -> set[str]:
        """The names of all environment variables that `node` may depend on."""
        return set(self._variables(node, scope, 0))

    def required(self, node: ast.expr, scope: Scope) -> set[str]:
        """The variables that `node` reads with os.environ[...]: without them there is a KeyError."""
        found: set[str] = set()
        for each in ast.walk(node):
            if isinstance(each, ast.Subscript) and self._is_environ(each.value, scope):
                found.update(text_of(each.slice))
            elif isinstance(each, ast.Name):
                for value, where in self.origins.assigned(each.id, scope):
                    if isinstance(value, ast.Subscript) and self._is_environ(value.value, where):
                        found.update(text_of(value.slice))
        return found

    def _value(self, node: ast.expr | None, scope: Scope, assumed: Assumed, depth: int) -> object:
        if node is None or depth > _DEEPEST:
            return _UNKNOWN
        depth += 1
        match node:
            case ast.Constant():
                return node.value
            case ast.NamedExpr(value=inner):
                return self._value(inner, scope, assumed, depth)
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                truth = self._value(operand, scope, assumed, depth)
                return truth if truth is _UNKNOWN else not (truth is _SOME or truth)
            case ast.BoolOp(op=op, values=values):
                return self._bool_op(op, [self._value(each, scope, assumed, depth) for each in values])
            case ast.Compare(left=left, ops=[op], comparators=[right]):
                return self._compare(left, op, right, scope, assumed, depth)
            case ast.Subscript(value=base, slice=key) if self._is_environ(base, scope):
                return self._read(next(text_of(key), ""), None, assumed)
            case ast.Call():
                return self._call(node, scope, assumed, depth)
            case ast.Name(id=name):
                return self._same(
                    [self._value(value, where, assumed, depth) for value, where in self.origins.assigned(name, scope)]
                )
            case ast.Attribute():
                return self._attribute(node, scope, assumed, depth)
        return _UNKNOWN

    @staticmethod
    def _bool_op(op: ast.boolop, values: list[object]) -> object:
        stops_at = isinstance(op, ast.Or)
        unknown = False
        for value in values:
            if value is _UNKNOWN:
                unknown = True
            elif (value is _SOME or bool(value)) == stops_at:
                # What stands before and is not known can only end the evaluation with the same truth.
                return value if not unknown else stops_at
        return _UNKNOWN if unknown else values[-1]

    def _compare(
        self,
        left: ast.expr,
        op: ast.cmpop,
        right: ast.expr,
        scope: Scope,
        assumed: Assumed,
        depth: int,
    ) -> object:
        if isinstance(op, (ast.In, ast.NotIn)):
            for name in text_of(left):
                held: bool | str | None = None
                if self._is_environ(right, scope):
                    held = assumed.get(name)
                elif name == "pytest" and dotted_name(right, scope, self.project) == "sys.modules":
                    held = assumed.get(PYTEST_LOADED)
                if held is not None:
                    return (held is not False) == isinstance(op, ast.In)
            if not isinstance(right, (ast.Tuple, ast.List, ast.Set)):
                return _UNKNOWN
            value = self._value(left, scope, assumed, depth)
            members = [self._value(each, scope, assumed, depth) for each in right.elts]
            if value in (_UNKNOWN, _SOME) or _UNKNOWN in members or _SOME in members:
                return _UNKNOWN
            return (value in members) == isinstance(op, ast.In)
        one = self._value(left, scope, assumed, depth)
        other = self._value(right, scope, assumed, depth)
        if one is _UNKNOWN or other is _UNKNOWN:
            return _UNKNOWN
        equal = isinstance(op, (ast.Is, ast.Eq))
        if not equal and not isinstance(op, (ast.IsNot, ast.NotEq)):
            return _UNKNOWN
        if _SOME in (one, other):
            # Some text: not None, not empty; whether it is this very text cannot be told.
            plain = other if one is _SOME else one
            return _UNKNOWN if plain not in (None, "", True, False) or plain is _SOME else not equal
        return (one == other) == equal

    def _call(self, node: ast.Call, scope: Scope, assumed: Assumed, depth: int) -> object:
        name = next((text for text in text_of(node.args[0])), "") if node.args else ""
        if name and self._reads_environment(node, scope):
            default = node.args[1] if len(node.args) > 1 else keyword(node, "default")
            return self._read(name, self._value(default, scope, assumed, depth) if default else None, assumed)
        chain = chain_of(node.func)
        if chain in (("bool",), ("str",), ("int",), ("float",)) and len(node.args) == 1:
            value = self._value(node.args[0], scope, assumed, depth)
            return (
                value
                if value in (_UNKNOWN, None, "") or chain == ("str",) or value is _SOME
                else _convert(chain[0], value)
            )
        if isinstance(node.func, ast.Attribute) and chain[-1] in ("lower", "upper", "strip", "casefold"):
            value = self._value(node.func.value, scope, assumed, depth)
            return getattr(value, chain[-1])() if isinstance(value, str) else value
        function = self.origins.function(node, scope)
        returned = self.origins.only_return(function) if function is not None else None
        return self._value(returned, function, assumed, depth) if function and returned is not None else _UNKNOWN

    def _attribute(self, node: ast.Attribute, scope: Scope, assumed: Assumed, depth: int) -> object:
        field = self.origins.field(node, scope)
        if field is None:
            return self._same(
                [
                    self._value(value, where, assumed, depth)
                    for value, where in self.origins.attribute_values(node, scope)
                ]
            )
        name, default, where = field
        return self._read(name, self._value(default, where, assumed, depth) if default else None, assumed)

    @staticmethod
    def _read(name: str, default: object, assumed: Assumed) -> object:
        held = assumed.get(name)
        if isinstance(held, str):
            return held
        return _UNKNOWN if held is None else _SOME if held else default

    @staticmethod
    def _same(values: list[object]) -> object:
        return values[0] if len(values) == 1 else _UNKNOWN

    def _variables(self, node: ast.AST | None, scope: Scope, depth: int) -> Iterator[str]:
        if node is None or depth > _DEEPEST:
            return
        for each in ast.walk(node):
            if isinstance(each, ast.Call):
                if each.args and self._reads_environment(each, scope):
                    yield from text_of(each.args[0])
                function = self.origins.function(each, scope)
                if function is not None:
                    yield from self._variables(self.origins.only_return(function), function, depth + 1)
            elif isinstance(each, ast.Subscript) and self._is_environ(each.value, scope):
                yield from text_of(each.slice)
            elif isinstance(each, ast.Compare) and self._is_environ(each.comparators[-1], scope):
                yield from text_of(each.left)
            elif isinstance(each, ast.Name):
                for value, where in self.origins.assigned(each.id, scope):
                    yield from self._variables(value, where, depth + 2)
            elif isinstance(each, ast.Attribute):
                field = self.origins.field(each, scope)
                if field is not None:
                    yield field[0]
                else:
                    for value, where in self.origins.attribute_values(each, scope):
                        yield from self._variables(value, where, depth + 2)

    def _reads_environment(self, call: ast.Call, scope: Scope) -> bool:
        dotted = dotted_name(call.func, scope, self.project)
        return dotted in ("os.environ.get", "os.getenv", "os.environ.pop", "os.environ.setdefault") or (
            # environs, django-environ, decouple, starlette.config
            dotted is not None and chain_of(call.func)[0] in ("env", "config") and dotted.count(".") <= 3
            and bool(next(text_of(call.args[0]), "").isupper())
        )  # fmt: skip

    def _is_environ(self, node: ast.expr, scope: Scope) -> bool:
        return isinstance(node, (ast.Name, ast.Attribute)) and dotted_name(node, scope, self.project) == "os.environ"


def _convert(name: str, value: object) -> object:
    if name == "bool":
        return bool(value)
    try:
        return float(str(value))
    except ValueError:
        return _UNKNOWN
