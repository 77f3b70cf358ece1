"""Which argument of a call ends up as which parameter."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from bisect_loop.scan.project import Project
from bisect_loop.scan.scopes import Scope


def bound_arguments(call: ast.Call, callee: Scope, *, bound: bool) -> dict[str, ast.expr]:
    """Map the callee's parameters to what the call passes; `bound` says that `self` or `cls` is passed already."""
    result, left = _by_position(call.args, callee.params[bound : callee.positional])
    if left and callee.vararg:
        result[callee.vararg] = ast.copy_location(ast.Tuple(left, ast.Load()), left[0])
    return {**result, **_by_name(call)}


def is_bound_call(call: ast.Call, callee: Scope) -> bool:
    """Tell whether the call passes `self` or `cls` by itself."""
    return callee.owner is not None and not callee.is_decorated("staticmethod") and isinstance(call.func, ast.Attribute)


def fields_of(call: ast.Call, klass: Scope, project: Project) -> dict[str, ast.expr]:
    """What a call passes to a class whose __init__ is made for it (a dataclass, a model): field -> expression."""
    names = [name for each in reversed(list(project.ancestry(klass))) for name in each.values]
    return {**_by_position(call.args, names)[0], **_by_name(call)}


def _by_position(arguments: Iterable[ast.expr], names: Iterable[str]) -> tuple[dict[str, ast.expr], list[ast.expr]]:
    """Which name takes which argument, and the arguments that no name is left for.

    What is unpacked, `*pair`, may be what any of the names behind it gets.
    """
    result: dict[str, ast.expr] = {}
    waiting = list(names)
    flat = [element for argument in arguments for element in _elements(argument)]
    for index, argument in enumerate(flat):
        if not waiting:
            return result, flat[index:]
        if isinstance(argument, ast.Starred):
            return {**result, **dict.fromkeys(waiting, argument)}, flat[index:]
        result[waiting.pop(0)] = argument
    return result, []


def _elements(argument: ast.expr) -> Iterator[ast.expr]:
    """The argument itself, or what stands in a literal that is unpacked there."""
    if isinstance(argument, ast.Starred) and isinstance(argument.value, (ast.Tuple, ast.List)):
        yield from argument.value.elts
    else:
        yield argument


def _by_name(call: ast.Call) -> dict[str, ast.expr]:
    return {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg}
