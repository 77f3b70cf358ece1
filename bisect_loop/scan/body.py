"""Walks the statements of one scope and notes what it stores, returns and calls, and under which conditions."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import replace

from bisect_loop.scan.evaluate import Env, Summaries, bound_arguments, evaluate, is_bound_call, is_cached
from bisect_loop.scan.holders import Local, Own, Target, container_of, target_of
from bisect_loop.scan.project import class_around
from bisect_loop.scan.scopes import FunctionNode, Scope, chain_of
from bisect_loop.scan.values import (
    Abstract,
    CallSite,
    Cond,
    Conds,
    Facts,
    Holder,
    Instance,
    Param,
    ParamStore,
    Store,
    Value,
)

_ADDERS = frozenset(["append", "add", "setdefault", "insert", "update", "extend", "appendleft"])
_INSTALLERS = ("init", "setup", "configure", "set_", "install", "bind")


def walk(scope: Scope, known: Summaries) -> Facts:
    """Return what `scope` does, given what is known of the others."""
    return _Walker(scope, known).run()


def mentions_loop(node: ast.AST, loops: Iterable[str] = ()) -> bool:
    """Tell whether an expression depends on an event loop: a call that gives it, or a name that says so."""
    for each in ast.walk(node):
        name = each.id if isinstance(each, ast.Name) else each.attr if isinstance(each, ast.Attribute) else ""
        if name and ("loop" in name.lower() or name in loops):
            return True
    return False


class _Walker:
    def __init__(self, scope: Scope, known: Summaries) -> None:
        self.scope = scope
        self.known = known
        self.project = known.project
        self.facts = Facts()
        self.env: Env = self.facts.env
        self.loops: set[str] = set()

    def run(self) -> Facts:
        node = self.scope.module.node(self.scope)
        self.block(getattr(node, "body", []), ())
        self.finish()
        return self.facts

    def finish(self) -> None:
        facts = self.facts
        if self.scope.kind == "function" and is_cached(self.scope) and not self.scope.is_nested:
            holder = Holder("cache", self.scope.dotted, self.scope.module, tuple(self.scope.qualname.split(".")))
            per_loop = any("loop" in param for param in self.scope.params)
            for value in facts.returns:
                if isinstance(value, Value) and value.fresh:
                    facts.stores.append(Store(holder, value, self.scope, value.call, (), per_loop))
        # What was also put somewhere is not new to whoever calls this.
        kept = {store.value.identity for store in facts.stores}
        facts.returns = [
            replace(value, fresh=False) if isinstance(value, Value) and value.identity in kept else value
            for value in facts.returns
        ]

    def block(self, statements: list[ast.stmt], conds: Conds) -> None:
        for statement in statements:
            self.statement(statement, conds)
            if isinstance(statement, ast.If):
                # What follows an `if` that always leaves runs only where its test came out the other way.
                if _leaves(statement.body):
                    conds = (*conds, Cond(statement.test, False, self.scope))
                elif statement.orelse and _leaves(statement.orelse):
                    conds = (*conds, Cond(statement.test, True, self.scope))

    def statement(self, node: ast.stmt, conds: Conds) -> None:
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                self.defaults(node, conds)
            case ast.ClassDef():
                pass
            case ast.If(test=test, body=body, orelse=orelse):
                if _is_main_check(test) and self.scope.kind == "module":
                    return
                self.expressions([test], conds)
                self.block(body, (*conds, Cond(test, True, self.scope)))
                self.block(orelse, (*conds, Cond(test, False, self.scope)))
            case ast.While(test=test, body=body, orelse=orelse):
                self.expressions([test], conds)
                self.block(body, (*conds, Cond(test, True, self.scope)))
                self.block(orelse, conds)
            case ast.For() | ast.AsyncFor():
                self.expressions([node.iter], conds)
                self.block(node.body, conds)
                self.block(node.orelse, conds)
            case ast.With() | ast.AsyncWith():
                self.with_(node, conds)
            case ast.Match(subject=subject, cases=cases):
                self.expressions([subject], conds)
                for case in cases:
                    self.block(case.body, conds)
            case ast.Return(value=value):
                self.expressions([value], conds)
                self.facts.returns.extend(
                    each.under(conds) if isinstance(each, Value) else each for each in self.evaluate(value)
                )
            case ast.Assign(targets=targets, value=value):
                self.expressions([value, *targets], conds)
                for target in targets:
                    self.assign(target, value, conds, node)
            case ast.AnnAssign(target=target, value=ast.expr() as value) | ast.AugAssign(target=target, value=value):
                self.expressions([value], conds)
                self.assign(target, value, conds, node)
            case _:
                self.rest(node, conds)

    def rest(self, node: ast.stmt, conds: Conds) -> None:
        """Any other statement: its blocks in order (try has four), its expressions where they stand."""
        for _, part in ast.iter_fields(node):
            if isinstance(part, ast.expr):
                self.expressions([part], conds)
            elif isinstance(part, list):
                for item in part:
                    if isinstance(item, ast.ExceptHandler):
                        self.block(item.body, conds)
                    elif isinstance(item, ast.expr):
                        self.expressions([item], conds)
                self.block([item for item in part if isinstance(item, ast.stmt)], conds)

    def with_(self, node: ast.With | ast.AsyncWith, conds: Conds) -> None:
        for item in node.items:
            self.expressions([item.context_expr], conds)
            if isinstance(item.optional_vars, ast.Name):
                found = tuple(
                    replace(value, managed=True) if isinstance(value, Value) else value
                    for value in self.evaluate(item.context_expr)
                )
                self.put(target_of(item.optional_vars, self.scope, self.project), found, conds, node)
                self.env[item.optional_vars.id] = found
        self.block(node.body, conds)

    def defaults(self, node: FunctionNode, conds: Conds) -> None:
        if self.scope.kind == "function":
            return
        owner = f"{self.scope.dotted}.{node.name}"
        names = (*filter(None, self.scope.qualname.split(".")), node.name)
        for default in (*node.args.defaults, *node.args.kw_defaults):
            if default is not None:
                self.put(Holder("default", owner, self.scope.module, names), self.evaluate(default), conds, default)

    def expressions(self, nodes: Iterable[ast.expr | None], conds: Conds) -> None:
        for node in nodes:
            for inner in self.known.inner(node) if node is not None else ():
                if isinstance(inner, ast.Call):
                    self.call(inner, conds)
                elif isinstance(inner, ast.NamedExpr):
                    self.assign(inner.target, inner.value, conds, inner)
                elif isinstance(inner, (ast.Yield, ast.YieldFrom)):
                    self.facts.yields.extend(self.evaluate(inner.value))

    def evaluate(self, node: ast.expr | None) -> tuple[Abstract, ...]:
        return evaluate(node, self.env, self.scope, self.known)

    def assign(self, target: ast.expr, value: ast.expr, conds: Conds, node: ast.AST) -> None:
        if isinstance(target, (ast.Tuple, ast.List)):
            if isinstance(value, (ast.Tuple, ast.List)) and len(value.elts) == len(target.elts):
                for each, part in zip(target.elts, value.elts, strict=True):
                    self.assign(each, part, conds, node)
            return
        if isinstance(target, ast.Name) and mentions_loop(value, self.loops):
            self.loops.add(target.id)
        found = self.evaluate(value)
        if not found:
            return
        keyed = isinstance(target, ast.Subscript) and mentions_loop(target.slice, self.loops)
        literal = isinstance(value, (ast.Dict, ast.List, ast.Set, ast.Tuple))
        self.put(
            target_of(target, self.scope, self.project),
            found,
            conds,
            node,
            keyed=keyed,
            literal=literal,
            collected=isinstance(target, ast.Subscript),
        )
        if isinstance(target, ast.Name):
            is_holder = self.scope.kind != "function" or target.id in self.scope.globals
            self.env[target.id] = tuple(
                replace(each, fresh=False) if is_holder and isinstance(each, Value) else each for each in found
            )

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
            if isinstance(value, Instance) or (collected and self.is_passing(value)):
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
                per_loop = keyed or any(mentions_loop(cond.test, self.loops) for cond in conds)
                if isinstance(value, Param):
                    self.facts.param_stores.append(ParamStore(holder, value, conds, per_loop))
                else:
                    self.facts.stores.append(Store(holder, value, self.scope, node, conds, per_loop))

    def is_passing(self, value: Abstract) -> bool:
        """A running task that leaves its container when it is done is no long-lived one."""
        if not isinstance(value, Value) or value.resource.kind != "task":
            return False
        return any(chain[-1] == "add_done_callback" for chain in self.scope.refs)

    def call(self, node: ast.Call, conds: Conds) -> None:
        arguments = [*node.args, *(keyword.value for keyword in node.keywords)]
        passed = [value for argument in arguments for value in self.evaluate(argument)]
        holds = [value for value in passed if not isinstance(value, Instance)]
        callee = self.callee(node)
        if callee is not None:
            self.facts.calls.append(CallSite(callee, conds, node))
        if not holds:
            return
        if callee is not None:
            resourceful = any(isinstance(value, Value) for value in holds)
            (self.facts.handed if resourceful else self.facts.forwarded).add(callee)
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
        if func.attr in _ADDERS:
            keyed = bool(node.args) and mentions_loop(node.args[0], self.loops)
            target = container_of(func.value, self.scope, self.project)
            if isinstance(target, (Holder, Own)):
                self.put(target, holds, conds, node, keyed=keyed, collected=True)
        elif func.attr.startswith(_INSTALLERS) and class_around(self.scope) is None:
            # FastAPICache.init(RedisBackend(client)): a class or a module-level object keeps what it is given.
            chain = chain_of(func.value)
            target = target_of(func, self.scope, self.project)
            if isinstance(target, Holder) and (chain[-1][:1].isupper() or target.names):
                dotted = target.dotted.rpartition(".")[0]
                holder = Holder("global", dotted, target.module, target.names[:-1])
                self.put(replace(holder, kind="class") if chain[-1][:1].isupper() else holder, holds, conds, node)


def _leaves(body: list[ast.stmt]) -> bool:
    return bool(body) and isinstance(body[-1], (ast.Return, ast.Raise, ast.Continue, ast.Break))


def _is_main_check(test: ast.expr) -> bool:
    return isinstance(test, ast.Compare) and isinstance(test.left, ast.Name) and test.left.id == "__name__"
