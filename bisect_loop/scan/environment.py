"""What the tests make of the environment before they run."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from bisect_loop.scan.model import Place
from bisect_loop.scan.scopes import chain_of
from bisect_loop.scan.suite import Suite

Change = tuple[bool | str, Place]  # the value, False for removed, and where that is done


def environment_of(suite: Suite) -> Iterator[tuple[str, Change]]:
    """Yield the variables that conftest files set or remove, and those of pytest-env's option, with their values.

    In a conftest.py its own statements count, its early hooks, and its autouse fixtures.
    """
    where = suite.options.place("env")
    for line in suite.options.get("env").splitlines() if where is not None else ():
        name, mark, text = line.strip().partition("=")
        if mark and where is not None:
            yield name.rpartition(":")[2].strip(), (text.strip(), where)  # "D:NAME=1" is a default
    for conftest in suite.conftests:
        if not any(word in conftest.source for word in (b"environ", b"delenv", b"setenv")):
            continue
        bodies: list[ast.AST] = [
            node
            for node in conftest.tree.body
            if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))
        ]
        for scope in conftest.scopes:
            fixture = suite.fixtures.get(scope)
            if (fixture is not None and fixture.autouse) or scope.name in ("pytest_configure", "pytest_sessionstart"):
                bodies.append(conftest.node(scope))
        for body in bodies:
            for node in ast.walk(body):
                for name, value in _change(node):
                    yield name, (value, conftest.place(node))


def _change(node: ast.AST) -> Iterator[tuple[str, bool | str]]:
    if isinstance(node, ast.Call) and node.args:
        names, last = list(_constant(node.args[0])), chain_of(node.func)[-2:]
        if last[-1] == "delenv" or last == ("environ", "pop"):
            yield from ((name, False) for name in names)
        elif (last[-1] == "setenv" or last == ("environ", "setdefault")) and len(node.args) > 1:
            yield from ((name, text) for name in names for text in _constant(node.args[1]))
    elif isinstance(node, ast.Assign):
        for target in node.targets:
            yield from ((name, text) for name in _key(target) for text in _constant(node.value))
    elif isinstance(node, ast.Delete):
        for target in node.targets:
            yield from ((name, False) for name in _key(target))


def _key(node: ast.expr) -> Iterator[str]:
    if isinstance(node, ast.Subscript) and chain_of(node.value)[-1] == "environ":
        yield from _constant(node.slice)


def _constant(node: ast.expr) -> Iterator[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
