"""BL104: a task that a fixture starts and does not end."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from bisect_loop.scan.evaluate import is_loop_method
from bisect_loop.scan.model import ScanFinding
from bisect_loop.scan.resources import TASK, resource_called
from bisect_loop.scan.rules.base import Rule, View, finding
from bisect_loop.scan.scopes import Scope, chain_of
from bisect_loop.scan.suite import Fixture

_ADDERS = ("append", "add", "extend", "insert")
# Functions that look at what they are passed and keep nothing of it.
_LOOKERS = frozenset({"len", "print", "repr", "str", "bool", "id", "type", "isinstance", "hasattr"})


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
    for value, names in _started(view, scope, node):
        if _is_ended(scope, node, value, names):
            continue
        place = scope.module.place(value)
        fixture = view.suite.fixtures.get(scope)
        if fixture is not None and _is_handed_on(node, value, names):
            careless = _careless_user(view, fixture)
            if careless is not None:
                message = (
                    f"{scope.name!r} hands on a task that {careless.qualname} ({careless.place}) does nothing with"
                )
                yield finding("BL104", f"{message}: {_what_follows(view, fixture)}", place, value.end_lineno or 0)
            continue
        where = f"the task {min(names)!r}" if names else "a task"
        message = f"{scope.name!r} starts {where} and neither cancels nor awaits it"
        yield finding("BL104", f"{message}: {_what_follows(view, fixture)}", place, value.end_lineno or 0)


def _started(view: View, scope: Scope, node: ast.AST) -> Iterator[tuple[ast.Call, set[str]]]:
    """The calls that start a task and leave it in these names: a variable, or the list that it goes into."""
    for statement in ast.walk(node):
        if not isinstance(statement, (ast.Assign, ast.AnnAssign, ast.Expr, ast.Return)):
            continue
        value = statement.value.value if isinstance(statement.value, ast.Yield) else statement.value
        targets = statement.targets if isinstance(statement, ast.Assign) else [getattr(statement, "target", None)]
        names = {chain_of(target)[-1] for target in targets if isinstance(target, (ast.Name, ast.Attribute))}
        if isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute) and value.func.attr in _ADDERS:
            chain = chain_of(value.func.value)
            if chain[0] == "self" or (len(chain) == 1 and chain[0] in scope.assigned):
                yield from ((call, {chain[-1]}) for each in value.args for call in _elements(view, scope, each))
        yield from ((call, names) for call in _elements(view, scope, value))


def _elements(view: View, scope: Scope, value: ast.expr | None) -> Iterator[ast.Call]:
    """The calls of an expression that start a task: itself, or each element of a container."""
    match value:
        case ast.Call():
            if _makes_task(view, scope, value):
                yield value
        case ast.List(elts=elements) | ast.Tuple(elts=elements) | ast.Set(elts=elements) | ast.Dict(values=elements):
            for element in elements:
                yield from _elements(view, scope, element)
        case ast.ListComp(elt=element) | ast.SetComp(elt=element) | ast.DictComp(value=element):
            yield from _elements(view, scope, element)


def _what_follows(view: View, fixture: Fixture | None) -> str:
    """What becomes of a task that nobody ends: its loop closes under it, or it goes on while other tests run."""
    if fixture is not None and view.suite.loop_scope(fixture) in ("class", "module", "package", "session"):
        return "it goes on running while other tests do"
    return "it is left to a loop that closes"


def _makes_task(view: View, scope: Scope, call: ast.Call) -> bool:
    dotted = view.project.resolve(scope, chain_of(call.func))
    if dotted is not None and resource_called(dotted) == TASK:
        return True
    return chain_of(call.func)[-1] == "create_task" and is_loop_method(call.func, scope)


def _is_handed_on(node: ast.AST, call: ast.Call, names: set[str]) -> bool:
    """Tell whether the fixture's value is the task, or has it as a part."""
    for each in ast.walk(node):
        if isinstance(each, (ast.Return, ast.Yield)) and each.value is not None:
            if each.value is call:
                return True
            if not isinstance(each.value, ast.Call) and _names_in(each.value) & names:
                return True
    return False


def _careless_user(view: View, fixture: Fixture) -> Scope | None:
    """A test that has the fixture run and never looks at what it gives, so cannot end the task."""
    for user in view.suite.users(fixture):
        if user in view.suite.tests and all(chain[0] != fixture.name for chain in user.refs):
            return user
    return None


def _is_ended(scope: Scope, node: ast.AST, call: ast.Call, names: set[str]) -> bool:
    """Tell whether something ends the task: it is cancelled, awaited, handed on, or what it runs is shut down."""
    around: list[ast.AST] = [node]
    if scope.owner is not None:
        around = [scope.module.node(method) for method in scope.owner.children.values() if method.kind == "function"]
    served = {each.id for argument in call.args for each in ast.walk(argument) if isinstance(each, ast.Name)}
    for each in (inner for outer in around for inner in ast.walk(outer)):
        if isinstance(each, ast.Attribute) and each.attr in ("cancel", "all_tasks", "cancel_scope"):
            return True
        if isinstance(each, ast.Await) and not isinstance(each.value, ast.Call) and _names_in(each.value) & names:
            return True
        if isinstance(each, ast.Call) and each is not call and chain_of(each.func)[-1] not in _LOOKERS:
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
