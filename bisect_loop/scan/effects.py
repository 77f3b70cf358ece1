"""Notes what the calls and assignments of one scope do to resources."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterable
from dataclasses import replace

from bisect_loop.scan.evaluate import evaluate
from bisect_loop.scan.holders import Local, Own, Target, container_of, target_of
from bisect_loop.scan.model import HolderKind
from bisect_loop.scan.passing import bound_arguments, is_bound_call
from bisect_loop.scan.project import class_around
from bisect_loop.scan.scopes import Scope, chain_of
from bisect_loop.scan.summaries import Summaries, is_singleton
from bisect_loop.scan.values import Abstract, CallSite, Conds, Facts, Holder, Instance, Param, ParamStore, Store, Value

_ADDERS = frozenset(["append", "add", "setdefault", "insert", "update", "extend", "appendleft"])
_LOOP = re.compile(r"(^|_)loop(_id|_key)?$|^get_(running|event)_loop$")
_INSTALLERS = ("init", "setup", "configure", "set_", "install", "bind")
_REGISTERS = ("register", "provide", "add_instance")  # of a container of dependencies


def mentions_loop(node: ast.AST, loops: Collection[str] = ()) -> bool:
    """Tell whether an expression depends on an event loop: a call that gives it, or a name that says so."""
    for each in ast.walk(node):
        name = each.id if isinstance(each, ast.Name) else each.attr if isinstance(each, ast.Attribute) else ""
        if name and (name in loops or _LOOP.search(name)):
            return True
    return False


def is_loop(node: ast.expr, loops: Collection[str] = ()) -> bool:
    """Tell whether an expression is a loop, or a key made of one: `id(loop)`, `(loop, url)`."""
    if isinstance(node, ast.Call):
        if chain_of(node.func)[-1] in ("id", "hash", "ref"):
            return any(is_loop(argument, loops) for argument in node.args)
        return mentions_loop(ast.Name(chain_of(node.func)[-1]), loops)
    if isinstance(node, ast.Tuple):
        return any(is_loop(element, loops) for element in node.elts)
    if isinstance(node, (ast.Name, ast.Attribute)):
        return mentions_loop(ast.Name(chain_of(node)[-1]), loops)
    return False


def asks_which_loop(test: ast.expr, loops: Collection[str] = ()) -> bool:
    """Tell whether a condition compares loops, looks one up, or asks whether it is closed."""
    for each in ast.walk(test):
        if isinstance(each, ast.Compare):
            sides = [each.left, *each.comparators]
            is_null_check = any(isinstance(side, ast.Constant) for side in sides)
            if not is_null_check and any(mentions_loop(side, loops) for side in sides):
                return True
        elif isinstance(each, ast.Attribute) and each.attr == "is_closed" and mentions_loop(each.value, loops):
            return True
    return False


class Effects:
    """What one scope does, as far as it has been walked. `loops` are the local names that stand for a loop."""

    def __init__(self, scope: Scope, known: Summaries) -> None:
        self.scope = scope
        self.known = known
        self.project = known.project
        self.facts = Facts()
        self.env = self.facts.env
        self.loops: set[str] = set()

    def evaluate(self, node: ast.expr | None) -> tuple[Abstract, ...]:
        return evaluate(node, self.env, self.scope, self.known)

    def put(
        self,
        target: Target | None,
        values: Iterable[Abstract],
        conds: Conds,
        node: ast.AST,
        *,
        keyed: bool = False,
        literal: bool = False,
        collected: bool = False,
    ) -> None:
        """Note that `target` now holds `values`; `collected` ones were added to a container."""
        for value in values:
            if isinstance(value, Instance) or (collected and self.is_passing(value, target)):
                continue
            if isinstance(target, Own):
                here = value.under(conds) if isinstance(value, Value) else value
                if (target.name, here) not in self.facts.own:
                    self.facts.own.append((target.name, here))
            elif isinstance(target, Local):
                if target.path:
                    carried = value.below(*target.path)
                    self.env[target.name] = (*self.env.get(target.name, ()), carried)[-4:]
            elif isinstance(target, Holder):
                kind = "container" if literal and target.kind in ("global", "class") else target.kind
                holder = replace(target, kind=kind)
                per_loop = keyed or any(asks_which_loop(cond.test, self.loops) for cond in conds)
                if isinstance(value, Param):
                    self.facts.param_stores.append(ParamStore(holder, value, conds, per_loop))
                else:
                    self.facts.stores.append(Store(holder, value, self.scope, node, conds, per_loop))

    def is_passing(self, value: Abstract, target: Target | None) -> bool:
        """A running task that leaves its container when it is done is no long-lived one.

        Nor is anything but a client in a container of an object that takes single entries out again.
        """
        if not isinstance(value, Value) or value.resource.kind == "client":
            return False
        if value.resource.kind == "task" and any(chain[-1] == "add_done_callback" for chain in self.scope.refs):
            return True
        owner = class_around(self.scope) if isinstance(target, Own) else None
        if owner is None or not isinstance(target, Own):
            return False
        methods = [method for each in self.project.ancestry(owner) for method in each.children.values()]
        taking = {("self", target.name, name) for name in ("remove", "discard", "pop", "popleft", "popitem")}
        return any(taking & method.calls or ("self", target.name, "[]") in method.rebinds for method in methods)

    def call(self, node: ast.Call, conds: Conds) -> None:
        arguments = [*node.args, *(keyword.value for keyword in node.keywords)]
        passed = [value for argument in arguments for value in self.evaluate(argument)]
        holds = [value for value in passed if not isinstance(value, Instance)]
        callee = self.callee(node)
        if callee is not None:
            self.facts.calls.append(CallSite(callee, conds, node))
        if (
            callee is not None
            and callee.owner is not None
            and callee.name == "__init__"
            and is_singleton(callee.owner, self.project)
        ):
            klass = callee.owner
            self.put(
                Holder("class", f"{klass.dotted}.<instance>", klass.module, (klass.qualname, "<instance>")),
                self.evaluate(node),
                conds,
                node,
            )
        if not holds:
            return
        if callee is not None:
            resourceful = any(isinstance(value, Value) for value in holds)
            (self.facts.handed if resourceful else self.facts.forwarded).setdefault(callee)
            self.into(node, callee, conds)
        elif isinstance(node.func, ast.Attribute):
            self.into_container(node, node.func, holds, conds)
        elif isinstance(node.func, ast.Name) and node.func.id == "setattr" and len(node.args) == 3:
            where, name, value = node.args
            if isinstance(name, ast.Constant) and isinstance(name.value, str):
                target = ast.copy_location(ast.Attribute(where, name.value, ast.Store()), node)
                self.put(target_of(target, self.scope, self.project), self.evaluate(value), conds, node)

    def callee(self, node: ast.Call) -> Scope | None:
        entity = self.project.entity(self.scope, chain_of(node.func))
        if entity is not None and entity.scope is not None and not entity.rest:
            if entity.scope.kind == "function":
                return entity.scope
            return self.project.method(entity.scope, "__init__")
        if isinstance(node.func, ast.Attribute):
            for value in self.evaluate(node.func.value):
                if isinstance(value, Instance):
                    return self.project.method(value.klass, node.func.attr)
        return None

    def into(self, node: ast.Call, callee: Scope, conds: Conds) -> None:
        """A resource is passed to one of the project's functions: it ends where that puts its parameter."""
        bound = is_bound_call(node, callee) or callee.name == "__init__"
        arguments = bound_arguments(node, callee, bound=bound)
        summary = self.known.of(callee)
        for store in summary.param_stores:
            values = [
                value.below(*store.param.path) if store.param.path else value
                for value in self.evaluate(arguments.get(store.param.name))
                if not isinstance(value, Instance)
            ]
            self.put(store.holder, values, (*conds, *store.conds), node, keyed=store.per_loop)
        if callee.owner is None or callee.name == "__init__" or not isinstance(node.func, ast.Attribute):
            return
        for name, value in summary.own:
            if not isinstance(value, Param):
                continue
            for each in self.evaluate(arguments.get(value.name)):
                if isinstance(each, Instance):
                    continue
                attribute = ast.copy_location(ast.Attribute(node.func.value, name, ast.Store()), node)
                target = target_of(attribute, self.scope, self.project)
                self.put(target, [each.below(*value.path)], conds, node)

    def into_container(self, node: ast.Call, func: ast.Attribute, holds: list[Value | Param], conds: Conds) -> None:
        if func.attr == "addHandler":
            self.put(Holder("container", "logging.Logger.handlers"), holds, conds, node)
        elif func.attr in _ADDERS:
            keyed = bool(node.args) and mentions_loop(node.args[0], self.loops)
            target = container_of(func.value, self.scope, self.project)
            if isinstance(target, (Holder, Own)):
                self.put(target, holds, conds, node, keyed=keyed, collected=True)
        elif func.attr.startswith((*_INSTALLERS, *_REGISTERS)) and class_around(self.scope) is None:
            # FastAPICache.init(RedisBackend(client)): a class or a module-level object keeps what it is given.
            chain = chain_of(func.value)
            target = target_of(func, self.scope, self.project)
            if isinstance(target, Holder) and (chain[-1][:1].isupper() or target.names):
                dotted = target.dotted.rpartition(".")[0]
                kind: HolderKind = "class" if chain[-1][:1].isupper() else "global"
                if func.attr.startswith(_REGISTERS):
                    kind = "container"
                self.put(Holder(kind, dotted, target.module, target.names[:-1]), holds, conds, node)
