"""The marks on tests, and what they are given."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from bisect_loop.scan.project import Project
from bisect_loop.scan.scopes import Chain, Module, Scope, chain_of


def marks_of(scope: Scope, project: Project) -> Iterator[tuple[Chain, ast.Call | None]]:
    """The marks on a test, nearest first: its own, its class's, its module's."""
    here: Scope | None = scope
    while here is not None:
        for decorator in here.decorators:
            yield from _mark(decorator.chain, decorator.call, here.module.scope, project)
        for value in here.values.get("pytestmark", ()):
            for each in value.elts if isinstance(value, (ast.List, ast.Tuple)) else [value]:
                call = each if isinstance(each, ast.Call) else None
                yield from _mark(chain_of(call.func if call else each), call, here.module.scope, project)
        here = here.parent


def _mark(
    chain: Chain, call: ast.Call | None, home: Scope, project: Project
) -> Iterator[tuple[Chain, ast.Call | None]]:
    """One mark as written, or as the variable that stands for it: `on_session = pytest.mark.asyncio(...)`."""
    if "mark" in chain:
        yield chain, call
        return
    dotted = project.resolve(home, chain) if call is None else None
    entity = project.lookup(dotted, home.module) if dotted is not None else None
    if entity is None or entity.module is None or not entity.name or entity.rest:
        return
    for value in entity.module.scope.values.get(entity.name, ()):
        named = chain_of(value.func if isinstance(value, ast.Call) else value)
        if "mark" in named:
            yield named, value if isinstance(value, ast.Call) else None


def hooked_loop_scope(conftest: Module) -> str:
    """The loop scope that a conftest's collection hook gives to tests, "" where it gives none."""
    hook = conftest.scope.children.get("pytest_collection_modifyitems")
    if hook is None:
        return ""
    for node in ast.walk(conftest.node(hook)):
        if isinstance(node, ast.Call) and chain_of(node.func)[-1] == "asyncio":
            given = keywords(node)
            return text(given.get("loop_scope")) or text(given.get("scope"))
    return ""


def keywords(call: ast.Call | None) -> dict[str, ast.expr]:
    """What a call is passed by name."""
    return {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg} if call is not None else {}


def text(node: ast.expr | None) -> str:
    """The text of a literal, "" for anything else."""
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""
