"""Gathers the scopes of one module in one pass over its tree."""

from __future__ import annotations

import ast
import re
from typing import Any, Literal

from bisect_loop.scan.resources import LAST_NAMES
from bisect_loop.scan.scopes import Chain, Decorator, FunctionNode, Module, Scope, chain_of, parse

_NAMES = re.compile(r"[^\W\d][\w.]*")
_LITERALS_KEPT = ("pytestmark", "pytest_plugins", "model_config")


def _named_in(annotation: ast.expr) -> tuple[Chain, ...]:
    """The dotted names in an annotation: Relay | None, Optional["app.Relay"]."""
    found: list[Chain] = []
    waiting: list[ast.AST] = [annotation]
    while waiting:
        node = waiting.pop()
        if isinstance(node, (ast.Name, ast.Attribute)):
            found.append(chain_of(node))
        elif isinstance(node, ast.Constant):
            if isinstance(node.value, str):
                found.extend(tuple(name.split(".")) for name in _NAMES.findall(node.value))
        else:
            waiting.extend(ast.iter_child_nodes(node))
    return tuple(found)


def build(module: Module) -> None:
    """Fill `module.scope` and all below it from its source. Raises what `parse` raises."""
    tree = parse(module.source, module.path)
    module.scope = Scope("module", module.name.rpartition(".")[2], "", module, None)
    module.scopes = [module.scope]
    _Builder(module).body(tree.body, module.scope)
    if any(chain[-1] in LAST_NAMES for scope in module.scopes for chain in scope.refs):
        module.tree = tree  # it will be looked at again; the others are not worth their memory


class _Builder:
    """Walks one tree. One method each for what makes or changes a scope; the rest is plain descent."""

    def __init__(self, module: Module) -> None:
        self.module = module
        self.typing_only = False
        package = module.name if module.is_package else module.name.rpartition(".")[0]
        self.package = package.split(".") if package else []

    def body(self, statements: list[ast.stmt], scope: Scope) -> None:
        for statement in statements:
            self.visit(statement, scope)

    def visit(self, node: ast.AST, scope: Scope) -> None:
        special = _SPECIAL.get(type(node))
        if special is not None:
            special(self, node, scope)
        else:
            self.descend(node, scope)

    def descend(self, node: ast.AST, scope: Scope) -> None:
        for name in node._fields:
            value = getattr(node, name, None)
            if isinstance(value, ast.AST):
                self.visit(value, scope)
            elif isinstance(value, list):
                for item in value:
                    if isinstance(item, ast.AST):
                        self.visit(item, scope)

    def function(self, node: FunctionNode, scope: Scope) -> None:
        arguments = node.args
        for default in (*arguments.defaults, *arguments.kw_defaults):
            if default is not None:
                self.visit(default, scope)
        child = self.open("function", node, scope)
        child.is_async = isinstance(node, ast.AsyncFunctionDef)
        every = (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg)
        child.params = tuple(argument.arg for argument in every if argument is not None)
        child.positional = len(arguments.posonlyargs) + len(arguments.args)
        child.vararg = arguments.vararg.arg if arguments.vararg is not None else ""
        for argument in every:
            if argument is not None and argument.annotation is not None:
                child.types[argument.arg] = _named_in(argument.annotation)
        self.body(node.body, child)

    def klass(self, node: ast.ClassDef, scope: Scope) -> None:
        for part in (*node.bases, *(keyword.value for keyword in node.keywords)):
            self.visit(part, scope)
        child = self.open("class", node, scope)
        child.bases = tuple(chain_of(base.value if isinstance(base, ast.Subscript) else base) for base in node.bases)
        child.metaclass = next((chain_of(k.value) for k in node.keywords if k.arg == "metaclass"), ())
        self.body(node.body, child)

    def open(self, kind: Literal["class", "function"], node: FunctionNode | ast.ClassDef, scope: Scope) -> Scope:
        qualname = f"{scope.qualname}.{node.name}" if scope.qualname else node.name
        child = Scope(kind, node.name, qualname, self.module, scope, node.lineno, node.col_offset)
        decorators = []
        for decorator in node.decorator_list:
            self.visit(decorator, scope)
            call = decorator if isinstance(decorator, ast.Call) else None
            decorators.append(Decorator(chain_of(call.func if call else decorator), call, decorator.lineno))
        child.decorators = tuple(decorators)
        scope.children[node.name] = child
        self.module.scopes.append(child)
        return child

    def lambda_(self, node: ast.Lambda, scope: Scope) -> None:
        self.visit(node.body, scope)

    def import_(self, node: ast.Import, scope: Scope) -> None:
        for alias in node.names:
            if alias.asname:
                scope.imports[alias.asname] = alias.name
            else:
                root = alias.name.partition(".")[0]
                scope.imports[root] = root
            self.remember(alias.name)

    def import_from(self, node: ast.ImportFrom, scope: Scope) -> None:
        origin = node.module or ""
        if node.level:
            kept = self.package[: len(self.package) - (node.level - 1)]
            origin = ".".join([*kept, origin] if origin else kept)
        for alias in node.names:
            if alias.name == "*":
                scope.stars.append(origin)
            else:
                scope.imports[alias.asname or alias.name] = f"{origin}.{alias.name}" if origin else alias.name
                self.remember(f"{origin}.{alias.name}")
        self.remember(origin)

    def remember(self, dotted: str) -> None:
        if not self.typing_only:
            self.module.imported.add(dotted)

    def if_(self, node: ast.If, scope: Scope) -> None:
        test = ast.dump(node.test) if isinstance(node.test, (ast.Name, ast.Attribute, ast.Compare)) else ""
        if scope.kind == "module" and "'__name__'" in test and "'__main__'" in test:
            self.body(node.orelse, scope)  # code for `python file.py`: no test gets there
        elif "'TYPE_CHECKING'" in test and not isinstance(node.test, ast.Compare):
            self.typing_only = True
            self.body(node.body, scope)
            self.typing_only = False
            self.body(node.orelse, scope)
        else:
            self.descend(node, scope)

    def global_(self, node: ast.Global, scope: Scope) -> None:
        scope.globals.update(node.names)

    def name(self, node: ast.Name, scope: Scope) -> None:
        if isinstance(node.ctx, ast.Load):
            scope.refs.setdefault((node.id,), node.lineno)
        else:
            scope.assigned.add(node.id)
            scope.rebinds.setdefault((node.id,), node.lineno)

    def attribute(self, node: ast.Attribute, scope: Scope) -> None:
        chain = chain_of(node)
        known = scope.refs if isinstance(node.ctx, ast.Load) else scope.rebinds
        known.setdefault(chain, node.lineno)
        inner: ast.AST = node
        while isinstance(inner, ast.Attribute):
            inner = inner.value
        if not isinstance(inner, ast.Name):
            self.visit(inner, scope)

    def delete(self, node: ast.Delete, scope: Scope) -> None:
        for target in node.targets:
            if isinstance(target, ast.Subscript):
                scope.rebinds.setdefault(chain_of(target), node.lineno)
        self.descend(node, scope)

    def call(self, node: ast.Call, scope: Scope) -> None:
        scope.calls.add(chain_of(node.func))
        self.descend(node, scope)

    def yield_(self, node: ast.Yield | ast.YieldFrom, scope: Scope) -> None:
        scope.has_yield = True
        self.descend(node, scope)

    def assign(self, node: ast.Assign, scope: Scope) -> None:
        if scope.kind != "function":
            # Literal tables are not kept: they can be huge, and nothing is looked up in them.
            literal = isinstance(node.value, (ast.Dict, ast.List, ast.Tuple, ast.Set))
            for target in node.targets:
                if isinstance(target, ast.Name) and (not literal or target.id in _LITERALS_KEPT):
                    scope.values.setdefault(target.id, []).append(node.value)
        self.descend(node, scope)

    def annotated(self, node: ast.AnnAssign, scope: Scope) -> None:
        if scope.kind != "function" and isinstance(node.target, ast.Name):
            scope.types[node.target.id] = _named_in(node.annotation)
            known = scope.values.setdefault(node.target.id, [])
            if node.value is not None:
                known.append(node.value)
        self.visit(node.target, scope)
        if node.value is not None:
            self.visit(node.value, scope)

    def constant(self, node: ast.Constant, scope: Scope) -> None:  # noqa: ARG002
        value = node.value
        # Modules are also named in strings: settings, importlib, mock.patch, "package.module:app".
        if type(value) is str and 2 < len(value) < 120 and value.isascii() and " " not in value:
            dotted = value.partition(":")[0]
            if dotted.replace(".", "a").isidentifier():
                self.module.strings.add(dotted)


_SPECIAL: dict[type[ast.AST], Any] = {
    ast.FunctionDef: _Builder.function,
    ast.AsyncFunctionDef: _Builder.function,
    ast.ClassDef: _Builder.klass,
    ast.Lambda: _Builder.lambda_,
    ast.Import: _Builder.import_,
    ast.ImportFrom: _Builder.import_from,
    ast.If: _Builder.if_,
    ast.Global: _Builder.global_,
    ast.Name: _Builder.name,
    ast.Attribute: _Builder.attribute,
    ast.Call: _Builder.call,
    ast.Delete: _Builder.delete,
    ast.Yield: _Builder.yield_,
    ast.YieldFrom: _Builder.yield_,
    ast.Assign: _Builder.assign,
    ast.AnnAssign: _Builder.annotated,
    ast.Constant: _Builder.constant,
}
