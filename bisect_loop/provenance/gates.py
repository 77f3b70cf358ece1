"""Which environment variables decide whether a line is run, as far as the conditions around it say so."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from bisect_loop.provenance.record import Site
from bisect_loop.provenance.source import Sources


def gates(sites: Iterable[Site], sources: Sources) -> tuple[str, ...]:
    """The variables that the conditions around `sites` (a line and its callers) ask for, in alphabetical order."""
    found: set[str] = set()
    for site in sites:
        file, _, number = site.at.rpartition(":")
        tree = sources.tree(file) if file else None
        if tree is not None and number.isdigit():
            found |= _around(tree, int(number))
    return tuple(sorted(name for name in found if not name.startswith("PYTEST_")))


def _around(tree: ast.Module, line: int) -> set[str]:
    """The variables of every condition that a line stands in, or that its function leaves by before it."""
    asked: set[str] = set()
    named: dict[str, set[str]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and (variables := set(_variables(node.value))):
            named.update({target.id: variables for target in node.targets if isinstance(target, ast.Name)})
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and (_holds(node.body, line) or _leaves_before(tree, node, line)):
            asked |= set(_variables(node.test))
            for name in ast.walk(node.test):
                if isinstance(name, ast.Name) and isinstance(name.ctx, ast.Load):
                    asked |= named.get(name.id, set())
    return asked


def _holds(body: list[ast.stmt], line: int) -> bool:
    return bool(body) and body[0].lineno <= line <= (body[-1].end_lineno or body[-1].lineno)


def _leaves_before(tree: ast.Module, condition: ast.If, line: int) -> bool:
    """Whether `condition` is an early way out, above `line` in the same function."""
    if not isinstance(condition.body[-1], (ast.Return, ast.Raise)):
        return False
    return any(
        isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
        and condition in node.body
        and _holds(node.body, line)
        and (condition.end_lineno or condition.lineno) < line
        for node in ast.walk(tree)
    )


def _variables(node: ast.AST) -> Iterator[str]:
    """The names in os.environ["X"], os.environ.get("X"), os.getenv("X") and "X" in os.environ."""
    for one in ast.walk(node):
        if isinstance(one, ast.Subscript) and _is_environ(one.value):
            yield from _text(one.slice)
        elif isinstance(one, ast.Call) and one.args:
            function = ast.unparse(one.func)
            if function in ("os.getenv", "getenv", "os.environ.get", "environ.get"):
                yield from _text(one.args[0])
        elif isinstance(one, ast.Compare) and any(_is_environ(side) for side in one.comparators):
            yield from _text(one.left)


def _is_environ(node: ast.AST) -> bool:
    return isinstance(node, (ast.Attribute, ast.Name)) and ast.unparse(node) in ("os.environ", "environ")


def _text(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
