"""Which texts an expression may come out as, where no more than a handful of sources decide it.

Serves what pytest is told in words: the scope of a fixture, the loop scope of a mark. `scope="session" if
os.environ.get("CI") else "function"` may be two, a callable scope what it returns.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from bisect_loop.scan.project import Project
from bisect_loop.scan.scopes import Scope, chain_of

_DEEPEST = 4


def texts_of(node: ast.expr | None, scope: Scope, project: Project) -> frozenset[str]:
    """Return every text that `node`, read in `scope`, is seen to give; what cannot be told adds none."""
    return frozenset(_texts(node, scope, project, 0))


def _texts(node: ast.expr | None, scope: Scope, project: Project, depth: int) -> Iterator[str]:
    if depth > _DEEPEST:
        return
    match node:
        case ast.Constant(value=str(text)):
            yield text
        case ast.IfExp(body=yes, orelse=no):
            yield from _texts(yes, scope, project, depth + 1)
            yield from _texts(no, scope, project, depth + 1)
        case ast.BoolOp(values=values):
            for value in values:
                yield from _texts(value, scope, project, depth + 1)
        case ast.Call(func=func, args=[_, default]) if chain_of(func)[-1] in ("get", "getenv"):
            yield from _texts(default, scope, project, depth + 1)  # os.environ.get("FIXTURE_SCOPE", "function")
        case ast.Name() | ast.Attribute():
            dotted = project.resolve(scope, chain_of(node))
            entity = project.lookup(dotted, scope.module) if dotted is not None else None
            if entity is None or entity.module is None or entity.rest:
                return
            if entity.scope is not None and entity.scope.kind == "function":
                for each in ast.walk(entity.module.node(entity.scope)):
                    if isinstance(each, ast.Return):
                        yield from _texts(each.value, entity.scope, project, depth + 1)
            for value in entity.module.scope.values.get(entity.name, ()) if entity.name else ():
                yield from _texts(value, entity.module.scope, project, depth + 1)
