"""BL104: a task that a fixture starts and does not end."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from bisect_loop.scan.model import ScanFinding
from bisect_loop.scan.resources import TASK, resource_called
from bisect_loop.scan.rules.base import Rule, View, finding
from bisect_loop.scan.scopes import Scope, chain_of


def check(view: View) -> Iterator[ScanFinding]:
    seen: set[Scope] = set()
    for name in ("create_task", "ensure_future"):
        for scope in view.project.mentions.get(name, ()):
            if scope in seen or not (scope in view.suite.fixtures or scope.name == "asyncSetUp"):
                continue
            seen.add(scope)
            yield from _check(view, scope)


def _check(view: View, scope: Scope) -> Iterator[ScanFinding]:
    node = scope.module.node(scope)
    for statement in ast.walk(node):
        if not isinstance(statement, (ast.Assign, ast.AnnAssign, ast.Expr)) or not isinstance(
            statement.value, ast.Call
        ):
            continue
        call = statement.value
        if not _makes_task(view, scope, call):
            continue
        targets = statement.targets if isinstance(statement, ast.Assign) else [getattr(statement, "target", None)]
        names = {chain_of(target)[-1] for target in targets if isinstance(target, (ast.Name, ast.Attribute))}
        if not _is_ended(scope, node, call, names):
            where = f"the task {sorted(names)[0]!r}" if names else "a task"
            yield finding(
                "BL104",
                f"{scope.name!r} starts {where} and neither cancels nor awaits it: it is left to a loop that closes",
                scope.module.place(call),
                call.end_lineno or 0,
            )


def _makes_task(view: View, scope: Scope, call: ast.Call) -> bool:
    chain = chain_of(call.func)
    dotted = view.project.resolve(scope, chain)
    if dotted is not None and resource_called(dotted) == TASK:
        return True
    return chain[-1] == "create_task" and len(chain) == 2 and chain[0].endswith("loop")


def _is_ended(scope: Scope, node: ast.AST, call: ast.Call, names: set[str]) -> bool:
    """Tell whether something ends the task: it is cancelled, awaited, handed on, or what it runs is shut down."""
    around: list[ast.AST] = [node]
    if scope.owner is not None:
        around = [scope.module.node(method) for method in scope.owner.children.values() if method.kind == "function"]
    served = {each.id for argument in call.args for each in ast.walk(argument) if isinstance(each, ast.Name)}
    for each in (inner for outer in around for inner in ast.walk(outer)):
        if isinstance(each, ast.Attribute) and each.attr in ("cancel", "all_tasks", "cancel_scope"):
            return True
        if isinstance(each, (ast.Await, ast.Return, ast.Yield)):
            given = each.value
            if given is not None and not isinstance(given, ast.Call) and _names_in(given) & names:
                return True
        if isinstance(each, ast.Call) and each is not call:
            passed = {name for argument in each.args for name in _names_in(argument)}
            if passed & names or chain_of(each.func)[-1] in ("TaskGroup", "create_task_group"):
                return True
    return _is_used_after_yield(node, served)


def _is_used_after_yield(node: ast.AST, names: set[str]) -> bool:
    """Tell whether one of `names`, say the server that the task runs, is used again once the test is over."""
    yields = [each.lineno for each in ast.walk(node) if isinstance(each, ast.Yield)]
    return bool(yields) and any(
        isinstance(each, ast.Name) and each.id in names and each.lineno > yields[-1] for each in ast.walk(node)
    )


def _names_in(node: ast.AST) -> set[str]:
    found: set[str] = set()
    for each in ast.walk(node):
        if isinstance(each, ast.Name):
            found.add(each.id)
        elif isinstance(each, ast.Attribute):
            found.add(each.attr)
    return found


RULE = Rule("BL104", "task-outlives-fixture", "A fixture starts a task and neither cancels nor awaits it.", check)
