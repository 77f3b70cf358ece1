"""BL103: asyncio.get_event_loop() in a synchronous fixture, set-up or tear-down."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from bisect_loop.scan.model import ScanFinding
from bisect_loop.scan.rules.base import Rule, View, finding
from bisect_loop.scan.scopes import Scope, chain_of


def check(view: View) -> Iterator[ScanFinding]:
    for scope in view.project.mentions.get("get_event_loop", ()):
        outer = _outermost(scope)
        if outer is None or not view.suite.is_setup_or_teardown(outer) or _is_covered(view, scope, outer):
            continue
        for node in _unprotected_calls(scope.module.node(scope)):
            if view.project.resolve(scope, chain_of(node.func)) == "asyncio.get_event_loop":
                yield finding(
                    "BL103",
                    f"asyncio.get_event_loop() in {outer.name!r} depends on what ran before: there may be no current"
                    " event loop, or a closed one",
                    scope.module.place(node),
                )


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


def _is_covered(view: View, scope: Scope, outer: Scope) -> bool:
    fixture = view.suite.fixtures.get(outer)
    if fixture is not None and fixture.name == "event_loop":
        return True  # BL107 reports that one
    if any(chain[-1] == "set_event_loop" for chain in scope.calls | outer.calls):
        return True  # it looks for a loop that it sets itself
    if {"event_loop", "loop"} & set(outer.params):
        return True
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
        yield from _unprotected_calls(child)


RULE = Rule(
    "BL103",
    "get-event-loop-in-fixture",
    "A synchronous fixture, set-up or tear-down asks for the current event loop.",
    check,
)
