"""Resources that are made so that they keep nothing of a loop."""

from __future__ import annotations

import ast

from bisect_loop.scan.project import Project
from bisect_loop.scan.resources import Resource
from bisect_loop.scan.scopes import Scope, chain_of

# Drivers that were found to work across loops.
_SAFE_DRIVERS = ("sqlite", "postgresql+psycopg:", "postgresql+psycopg_async:", "postgres+psycopg:")


def is_safe(resource: Resource, call: ast.Call, scope: Scope, project: Project) -> bool:
    """Tell whether this constructor call keeps no connection: NullPool, a driver without a loop, no keep-alive."""
    if resource.label == "SQLAlchemy async engine":
        spread = any(keyword.arg is None for keyword in call.keywords) and ("NullPool",) in scope.refs
        return spread or _mentions(call, "NullPool") or _drives_safely(call, scope, project)
    if resource.label == "httpx.AsyncClient":
        return any(_keeps_nothing_alive(keyword.value) for keyword in call.keywords if keyword.arg == "limits") or any(
            # No socket: the application is called in the same loop as the request.
            isinstance(keyword.value, ast.Call)
            and chain_of(keyword.value.func)[-1] in ("ASGITransport", "MockTransport")
            for keyword in call.keywords
            if keyword.arg == "transport"
        )
    if resource.label == "databases.Database":
        return _drives_safely(call, scope, project)
    return False


def _mentions(node: ast.AST, name: str) -> bool:
    return any(
        (isinstance(each, ast.Name) and each.id == name) or (isinstance(each, ast.Attribute) and each.attr == name)
        for each in ast.walk(node)
    )


def _keeps_nothing_alive(limits: ast.expr) -> bool:
    return isinstance(limits, ast.Call) and any(
        keyword.arg == "max_keepalive_connections"
        and isinstance(keyword.value, ast.Constant)
        and not keyword.value.value
        for keyword in limits.keywords
    )


def _drives_safely(call: ast.Call, scope: Scope, project: Project) -> bool:
    url = next(iter(call.args), None) or next((k.value for k in call.keywords if k.arg == "url"), None)
    text = _leading_text(url, scope, project)
    return text is not None and text.startswith(_SAFE_DRIVERS)


def _leading_text(node: ast.expr | None, scope: Scope, project: Project) -> str | None:
    """The text that a string expression begins with, None where it is not known."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return _leading_text(node.values[0], scope, project) if node.values else ""
    if isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Add, ast.Mod)):
        return _leading_text(node.left, scope, project)
    if isinstance(node, (ast.Name, ast.Attribute)):
        dotted = project.resolve(scope, chain_of(node))
        entity = project.lookup(dotted, scope.module) if dotted else None
        if entity is not None and entity.module is not None and entity.name and not entity.rest:
            values = entity.module.scope.values.get(entity.name, ())
            if len(values) == 1:
                return _leading_text(values[0], entity.module.scope, project)
    return None
