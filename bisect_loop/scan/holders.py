"""What an assignment's target means: a place that lives as long as the process, or something that does not."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from bisect_loop.scan.project import Entity, Project, class_around
from bisect_loop.scan.scopes import Chain, Scope, chain_of
from bisect_loop.scan.values import Holder

APP_NAMES = frozenset({"app", "application", "api", "_app", "asgi_app", "fastapi_app", "web_app", "current_app"})
_STATE_NAMES = frozenset({"state", "ctx"})


@dataclass(frozen=True, slots=True)
class Own:
    """An attribute of `self`."""

    name: str


@dataclass(frozen=True, slots=True)
class Local:
    """A local variable, or something below it."""

    name: str
    path: Chain = ()


Target = Holder | Own | Local


def target_of(node: ast.expr, scope: Scope, project: Project) -> Target | None:
    """Return what is written to by an assignment to `node`, None where that cannot be told."""
    if isinstance(node, ast.Subscript):
        return _subscript(node, scope, project)
    if isinstance(node, ast.Name):
        return _name(node.id, scope)
    if isinstance(node, ast.Attribute):
        return _attribute(node, scope, project)
    return None


def container_of(node: ast.expr, scope: Scope, project: Project) -> Target | None:
    """Return what `node[...] = x` or `node.append(x)` writes to."""
    if isinstance(node, ast.Name) and node.id in APP_NAMES and _is_local(node.id, scope):
        return _state(("app",), (), scope)
    chain = chain_of(node)
    if len(chain) >= 2 and chain[-1] == "extensions" and chain[-2] in APP_NAMES:
        return _state(chain[:-1], chain[-1:], scope)
    found = target_of(node, scope, project) if not isinstance(node, ast.Name) else _read_name(node.id, scope, project)
    if isinstance(found, Holder):
        return Holder("container" if found.kind != "state" else "state", found.dotted, found.module, found.names)
    if isinstance(found, Own):
        klass = class_around(scope)
        # A container of the class body is shared by all instances, unless a method gives each its own.
        if klass is not None and found.name in klass.assigned and not _is_own(klass, found.name):
            return Holder("container", f"{klass.dotted}.{found.name}", klass.module, (*_names(klass), found.name))
    return found


def _name(name: str, scope: Scope) -> Target:
    module = scope.module
    if scope.kind == "module" or name in scope.globals:
        return Holder("global", f"{module.name}.{name}", module, (name,))
    if scope.kind == "class" and not scope.is_nested:
        return Holder("class", f"{scope.dotted}.{name}", module, (*_names(scope), name))
    return Local(name)


def _read_name(name: str, scope: Scope, project: Project) -> Target | None:
    dotted = project.resolve(scope, (name,))
    if dotted is None:
        return Local(name)
    return _holder(project.lookup(dotted, scope.module))


def _attribute(node: ast.Attribute, scope: Scope, project: Project) -> Target | None:
    chain = chain_of(node)
    if chain[:-1] == ("sys", "modules", "[]"):
        return _of_modules(node.value, chain[-1], scope)
    if len(chain) >= 3 and chain[-2] in _STATE_NAMES and chain[-3] in APP_NAMES:
        return _state(chain[:-2], chain[-2:], scope)
    owner = class_around(scope)
    if owner is not None and not owner.is_nested:
        if _is_class_of_self(node.value) or chain[:2] == ("self", "__class__"):
            return Holder("class", f"{owner.dotted}.{chain[-1]}", owner.module, (*_names(owner), chain[-1]))
        if chain[0] == "cls":
            return Holder("class", ".".join((owner.dotted, *chain[1:])), owner.module, (*_names(owner), *chain[1:]))
    if chain[0] == "self":
        return Own(chain[1])
    if chain[0] == "()":
        return None
    dotted = project.resolve(scope, chain)
    if dotted is None:
        return Local(chain[0], chain[1:])
    return _holder(project.lookup(dotted, scope.module))


def _of_modules(node: ast.expr, name: str, scope: Scope) -> Holder | None:
    """`sys.modules[__name__].name`: a variable of the module by another way."""
    is_own = isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Name) and node.slice.id == "__name__"
    return Holder("global", f"{scope.module.name}.{name}", scope.module, (name,)) if is_own else None


def _subscript(node: ast.Subscript, scope: Scope, project: Project) -> Target | None:
    base = node.value
    if isinstance(base, ast.Call) and isinstance(base.func, ast.Name) and base.func.id == "globals":
        if isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, str):
            name = node.slice.value
            return Holder("global", f"{scope.module.name}.{name}", scope.module, (name,))
        return None
    return container_of(base, scope, project)


def _holder(entity: Entity) -> Holder | None:
    if entity.module is None:
        # An attribute of something imported from elsewhere; a bare name is a builtin or unknown.
        return Holder("global", entity.dotted) if "." in entity.dotted else None
    if entity.name:
        names = (entity.name, *entity.rest)
        return Holder("global", ".".join((entity.module.name, *names)), entity.module, names)
    if entity.scope is not None and entity.rest:
        if entity.scope.is_nested:
            return None
        names = (*_names(entity.scope), *entity.rest)
        kind = "class" if entity.scope.kind == "class" else "global"
        return Holder(kind, ".".join((entity.module.name, *names)), entity.module, names)  # type: ignore[arg-type]
    return None


def _state(app: Chain, rest: Chain, scope: Scope) -> Holder:
    # Every way to write one application (app, self.app, request.app) means the same object in most projects.
    return Holder("state", ".".join((app[-1].lstrip("_"), *rest)), scope.module, (*app, *rest))


def _is_local(name: str, scope: Scope) -> bool:
    return scope.kind == "function" and (name in scope.params or name in scope.assigned)


def _is_class_of_self(node: ast.expr) -> bool:
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "type"
        and len(node.args) == 1
        and isinstance(node.args[0], ast.Name)
        and node.args[0].id == "self"
    )


def _is_own(klass: Scope, name: str) -> bool:
    return any(("self", name) in method.rebinds for method in klass.children.values())


def _names(scope: Scope) -> Chain:
    return tuple(scope.qualname.split("."))
