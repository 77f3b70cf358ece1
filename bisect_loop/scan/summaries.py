"""What is known of other scopes while one is looked at."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field

from bisect_loop.scan.project import Project
from bisect_loop.scan.scopes import Scope
from bisect_loop.scan.values import Facts, Param, Value

_CACHES = ("lru_cache", "cache", "alru_cache", "cached")


@dataclass(slots=True)
class Summaries:
    """What is known of other scopes, and of what the holders hold."""

    project: Project
    facts: dict[Scope, Facts] = field(default_factory=dict)
    contents: dict[str, tuple[Value, ...]] = field(default_factory=dict)

    _methods: dict[Scope, list[Scope]] = field(default_factory=dict)
    _inner: dict[ast.expr, list[ast.expr]] = field(default_factory=dict)

    def inner(self, node: ast.expr) -> list[ast.expr]:
        """The calls, walruses and yields of an expression, innermost first; not what a lambda does later."""
        if node not in self._inner:
            self._inner[node] = list(_active(node))
        return self._inner[node]

    def of(self, scope: Scope) -> Facts:
        return self.facts.get(scope) or _NOTHING

    def attributes(self, klass: Scope) -> list[tuple[str, Value | Param, Scope]]:
        """What the methods of a class put on `self`, bases included, each with the method that does it.

        A base's method that is overridden counts only where the override calls it (`super().__init__()`).
        """
        if klass not in self._methods:
            self._methods[klass] = list(_methods(klass, self.project))
        return [(name, value, method) for method in self._methods[klass] for name, value in self.of(method).own]


def _methods(klass: Scope, project: Project) -> Iterator[Scope]:
    """The methods that an object of a class has, and those of its bases that they call."""
    hidden: set[str] = set()
    for each in project.ancestry(klass):
        own = [method for method in each.children.values() if method.kind == "function"]
        yield from (method for method in own if method.name not in hidden)
        hidden.update(method.name for method in own if all(call[-1] != method.name for call in method.calls))


def _active(node: ast.AST) -> Iterator[ast.expr]:
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.Lambda):
            yield from _active(child)
    if isinstance(node, (ast.Call, ast.NamedExpr, ast.Yield, ast.YieldFrom)):
        yield node


_NOTHING = Facts()


def is_singleton(klass: Scope, project: Project) -> bool:
    """Tell whether a class hands out one instance: by what its metaclass or a decorator is called, or does.

    A metaclass whose `__call__` is its own and that has an attribute to keep instances in does nothing else.
    """
    names = [*klass.metaclass[-1:], *(decorator.chain[-1] for decorator in klass.decorators)]
    if any("singleton" in name.lower() for name in names):
        return True
    entity = project.entity(klass.module.scope, klass.metaclass) if klass.metaclass else None
    meta = entity.scope if entity is not None else None
    return meta is not None and "__call__" in meta.children and bool(meta.assigned - {"__slots__"})


def is_cached(scope: Scope) -> bool:
    """Tell whether a function hands out the same object again and again."""
    return scope.is_decorated(*_CACHES)
