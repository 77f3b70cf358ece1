"""Walks the statements of one scope and notes what it stores, returns and calls, and under which conditions."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import replace

from bisect_loop.scan.effects import Effects, is_loop, mentions_loop
from bisect_loop.scan.holders import target_of
from bisect_loop.scan.resources import COME_IN_PAIRS
from bisect_loop.scan.scopes import FunctionNode, Scope
from bisect_loop.scan.summaries import Summaries, is_cached
from bisect_loop.scan.values import Abstract, Cond, Conds, Facts, Holder, Store, Value


def walk(scope: Scope, known: Summaries) -> Facts:
    """Return what `scope` does, given what is known of the others."""
    return _Walker(scope, known).run()


class _Walker:
    """Statements, their order and their conditions; what they do is noted by `effects`."""

    def __init__(self, scope: Scope, known: Summaries) -> None:
        self.scope = scope
        self.known = known
        self.project = known.project
        self.effects = Effects(scope, known)
        self.facts = self.effects.facts
        self.env = self.facts.env

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
        if self.scope.owner is not None and self.scope.is_decorated("cached_property"):
            facts.own.extend((self.scope.name, each) for each in facts.returns if isinstance(each, Value))
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
                    each.under(conds) if isinstance(each, Value) else each for each in self.effects.evaluate(value)
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
                    for value in self.effects.evaluate(item.context_expr)
                )
                self.effects.put(target_of(item.optional_vars, self.scope, self.project), found, conds, node)
                self.env[item.optional_vars.id] = found
        self.block(node.body, conds)

    def defaults(self, node: FunctionNode, conds: Conds) -> None:
        if self.scope.kind == "function":
            return
        owner = f"{self.scope.dotted}.{node.name}"
        names = (*filter(None, self.scope.qualname.split(".")), node.name)
        for default in (*node.args.defaults, *node.args.kw_defaults):
            if default is not None:
                self.effects.put(
                    Holder("default", owner, self.scope.module, names), self.effects.evaluate(default), conds, default
                )

    def expressions(self, nodes: Iterable[ast.expr | None], conds: Conds) -> None:
        for node in nodes:
            for inner in self.known.inner(node) if node is not None else ():
                if isinstance(inner, ast.Call):
                    self.effects.call(inner, conds)
                elif isinstance(inner, ast.NamedExpr):
                    self.assign(inner.target, inner.value, conds, inner)
                elif isinstance(inner, (ast.Yield, ast.YieldFrom)):
                    self.facts.yields.extend(self.effects.evaluate(inner.value))

    def assign(self, target: ast.expr, value: ast.expr, conds: Conds, node: ast.AST) -> None:
        if isinstance(target, (ast.Tuple, ast.List)):
            if isinstance(value, (ast.Tuple, ast.List)) and len(value.elts) == len(target.elts):
                for each, part in zip(target.elts, value.elts, strict=True):
                    self.assign(each, part, conds, node)
            else:
                self.unpack(target.elts, value, conds, node)
            return
        if isinstance(target, ast.Name) and is_loop(value, self.effects.loops):
            self.effects.loops.add(target.id)
        self.store(target, self.effects.evaluate(value), value, conds, node)

    def unpack(self, targets: list[ast.expr], value: ast.expr, conds: Conds, node: ast.AST) -> None:
        """`reader, writer = await asyncio.open_connection()`; of anything else nobody knows which target gets it."""
        pair = tuple(
            each
            for each in self.effects.evaluate(value)
            if isinstance(each, Value) and not each.path and each.resource.label in COME_IN_PAIRS
        )
        for target in targets:
            self.store(target, pair, value, conds, node)

    def store(
        self, target: ast.expr, found: tuple[Abstract, ...], value: ast.expr, conds: Conds, node: ast.AST
    ) -> None:
        """`target` gets `found`, which is what `value` stands for."""
        if not found:
            return
        keyed = isinstance(target, ast.Subscript) and mentions_loop(target.slice, self.effects.loops)
        literal = isinstance(value, (ast.Dict, ast.List, ast.Set, ast.Tuple))
        self.effects.put(
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


def _leaves(body: list[ast.stmt]) -> bool:
    return bool(body) and isinstance(body[-1], (ast.Return, ast.Raise, ast.Continue, ast.Break))


def _is_main_check(test: ast.expr) -> bool:
    return isinstance(test, ast.Compare) and isinstance(test.left, ast.Name) and test.left.id == "__name__"
