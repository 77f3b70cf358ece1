"""BL103: asyncio.get_event_loop() in a synchronous fixture, set-up or tear-down."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from bisect_loop.scan.model import ScanFinding
from bisect_loop.scan.rules.base import Rule, View, finding
from bisect_loop.scan.scopes import Scope, chain_of

_POLICY = "get_event_loop_policy"
# Calls that keep a function for later; a lambda given to them runs at tear-down.
_FOR_LATER = ("addfinalizer", "addCleanup", "addClassCleanup", "addModuleCleanup", "callback")
_DEEPEST = 2  # functions between a fixture and the call


def check(view: View) -> Iterator[ScanFinding]:
    for scope in _asking(view):
        outer = _outermost(scope)
        if outer is None or outer in view.suite.tests or _sets_loop(scope, outer):
            continue
        for node in _unprotected_calls(scope.module.node(scope)):
            if not _asks(view, scope, node.func):
                continue
            user = _called_from(view, outer, 0)
            if user is not None:
                where = repr(outer.name)
                if user is not outer:
                    where += f", which {user.name!r} ({user.place}) calls,"
                yield finding(
                    "BL103",
                    f"asyncio.get_event_loop() in {where} depends on what ran before: there may be no current event"
                    " loop, or a closed one",
                    scope.module.place(node),
                )


def _asking(view: View) -> list[Scope]:
    """The scopes that mention the function, under its own name or one that an import gives it."""
    found = dict.fromkeys(view.project.mentions.get("get_event_loop", ()))
    for origin, alias in view.project.aliases.get("get_event_loop", ()):
        found.update(dict.fromkeys(scope for scope in origin.module.scopes if (alias,) in scope.refs))
    return list(found)


def _asks(view: View, scope: Scope, func: ast.expr) -> bool:
    """Tell whether a call asks for the current loop, be it through the policy."""
    if isinstance(func, ast.Attribute) and func.attr == "get_event_loop" and isinstance(func.value, ast.Call):
        return chain_of(func.value.func)[-1] == _POLICY
    return view.project.resolve(scope, chain_of(func)) == "asyncio.get_event_loop"


def _called_from(view: View, outer: Scope, depth: int) -> Scope | None:
    """The fixture, set-up or tear-down that runs a function: itself, or one that gets there by calls."""
    if view.suite.is_setup_or_teardown(outer):
        return None if _is_covered(view, outer) else outer
    if depth >= _DEEPEST:
        return None
    for user in sorted(view.project.users_of(outer)[0], key=lambda user: user.place):
        above = _outermost(user)
        if above is None or above is outer or above in view.suite.tests or _sets_loop(user, above):
            continue
        found = _called_from(view, above, depth + 1)
        if found is not None:
            return found
    return None


def _outermost(scope: Scope) -> Scope | None:
    """The function around a synchronous scope that pytest or unittest calls; None where some part of it is async."""
    here = scope
    while here.kind == "function":
        if here.is_async:
            return None
        if here.parent is None or here.parent.kind != "function":
            return here
        here = here.parent
    return None


def _sets_loop(scope: Scope, outer: Scope) -> bool:
    """Tell whether a function sets the loop that it looks for, or is given one."""
    return any(chain[-1] == "set_event_loop" for chain in scope.calls | outer.calls) or bool(
        {"event_loop", "loop"} & set(outer.params)
    )


def _is_covered(view: View, outer: Scope) -> bool:
    fixture = view.suite.fixtures.get(outer)
    if fixture is not None and fixture.name == "event_loop":
        return True  # BL107 reports that one
    # IsolatedAsyncioTestCase has its loop set before setUp and until after tearDown.
    owner = outer.owner
    return owner is not None and "Async" in view.suite.unittest_base(owner) and not outer.name.endswith("Class")


def _unprotected_calls(node: ast.AST) -> Iterator[ast.Call]:
    """The calls of a function's own body outside `try` blocks that handle a missing loop."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)):
            continue
        if isinstance(child, ast.Try) and child.handlers:
            for part in (*child.handlers, *child.orelse, *child.finalbody):
                yield from _unprotected_calls(part)
            continue
        if isinstance(child, ast.Call):
            yield child
            if chain_of(child.func)[-1] in _FOR_LATER:
                for argument in child.args:
                    if isinstance(argument, ast.Lambda):
                        yield from _unprotected_calls(argument)
        yield from _unprotected_calls(child)


RULE = Rule(
    "BL103",
    "get-event-loop-in-fixture",
    "A synchronous fixture, set-up or tear-down asks for the current event loop.",
    check,
)
