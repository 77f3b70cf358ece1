"""Which fixtures of the project a test requests, read off the sources: parameters, usefixtures, autouse.

A trace knows it better, but there is none where no cause was found.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field

from bisect_loop.fixes.ground import Ground, folder
from bisect_loop.model import NodeId

CONFTEST = "conftest.py"
_DEEPEST = 5  # fixtures that request fixtures

_Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True)
class Requested:
    """A fixture of the project: `line` is that of its `def`, `parameters` what it requests itself."""

    name: str
    path: str
    line: int
    scope: str
    autouse: bool
    parameters: tuple[str, ...]
    node: _Function = field(compare=False)


def places(test: NodeId) -> list[str]:
    """The files whose fixtures a test sees, the nearest first: its module, then each conftest.py above it."""
    path = test.partition("::")[0]
    found = [path]
    here = folder(path)
    while True:
        found.append(f"{here}/{CONFTEST}".lstrip("/"))
        if not here:
            return found
        here = folder(here)


def fixtures_in(ground: Ground, path: str) -> list[Requested]:
    """The fixtures that a file defines, in the order of the file; none where it cannot be parsed."""
    tree = parsed(ground, path)
    found = (_fixture(node, path) for node in ast.walk(tree) if isinstance(node, _Function)) if tree else ()
    return sorted((one for one in found if one is not None), key=lambda one: one.line)


def requested(ground: Ground, test: NodeId) -> list[Requested]:
    """The project's fixtures that `test` gets, found nearest first; one that requests others is before them."""
    seen: dict[str, Requested] = {}
    known: dict[str, Requested] = {}
    for path in places(test):
        for one in fixtures_in(ground, path):
            known.setdefault(one.name, one)
    names = [one.name for one in known.values() if one.autouse] + list(_asked(ground, test))
    for _ in range(_DEEPEST):
        new = [known[name] for name in dict.fromkeys(names) if name in known and name not in seen]
        seen.update((one.name, one) for one in new)
        names = [name for one in new for name in one.parameters]
    return list(seen.values())


def test_function(ground: Ground, test: NodeId) -> _Function | None:
    """The function that a node id names."""
    path, *names = test.partition("[")[0].split("::")
    node: ast.AST | None = parsed(ground, path)
    for name in names:
        node = next(
            (
                one
                for one in getattr(node, "body", ())
                if isinstance(one, ast.ClassDef | _Function) and one.name == name
            ),
            None,
        )
    return node if isinstance(node, _Function) else None


def parsed(ground: Ground, path: str) -> ast.Module | None:
    """The syntax tree of a file; None where there is none."""
    text = ground.read(path)
    try:
        return None if text is None else ast.parse(text)
    except (SyntaxError, ValueError):
        return None


def _asked(ground: Ground, test: NodeId) -> Iterator[str]:
    """The names in the test's own parameters, and in the usefixtures of the test, its class and its module."""
    function = test_function(ground, test)
    tree = parsed(ground, test.partition("::")[0])
    if function is not None:
        yield from _parameters(function)
    for node in ast.walk(tree) if tree is not None else ():
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("usefixtures"):
            yield from (str(arg.value) for arg in node.args if isinstance(arg, ast.Constant))


def _parameters(function: _Function) -> tuple[str, ...]:
    args = function.args
    return tuple(arg.arg for arg in (*args.posonlyargs, *args.args, *args.kwonlyargs))


def _fixture(node: _Function, path: str) -> Requested | None:
    for decorator in node.decorator_list:
        call = decorator if isinstance(decorator, ast.Call) else None
        if ast.unparse(call.func if call is not None else decorator).rpartition(".")[2] != "fixture":
            continue
        said = {
            keyword.arg: keyword.value.value if isinstance(keyword.value, ast.Constant) else None
            for keyword in (call.keywords if call is not None else ())
        }
        name = said.get("name") or node.name
        scope = said.get("scope", "function")
        return Requested(
            str(name), path, node.lineno, str(scope or ""), bool(said.get("autouse")), _parameters(node), node
        )
    return None
