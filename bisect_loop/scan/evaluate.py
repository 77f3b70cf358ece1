"""What an expression evaluates to, as far as resources go.

Abstract interpretation in the small: a handful of forms is understood, anything else stands for nothing. What
other scopes do is taken from their summaries of the round before, so nothing here recurses through calls.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import replace

from bisect_loop.scan.holders import APP_NAMES
from bisect_loop.scan.model import Place
from bisect_loop.scan.passing import bound_arguments, fields_of, is_bound_call
from bisect_loop.scan.project import Entity, class_around
from bisect_loop.scan.resources import (
    LOOP,
    PASS_THROUGH,
    PROVIDERS,
    RETURNS_SELF,
    SHARED_BY_PARTS,
    TASK,
    Resource,
    resource_called,
)
from bisect_loop.scan.safe import is_safe
from bisect_loop.scan.scopes import Chain, Scope, chain_of
from bisect_loop.scan.summaries import Summaries, is_cached
from bisect_loop.scan.values import Abstract, Cond, Instance, Param, Value

_MOST = 4  # alternatives kept for one expression

_CONSTRUCTORS = ("__init__", "__new__", "__post_init__")

Env = dict[str, tuple[Abstract, ...]]


def evaluate(node: ast.expr | None, env: Env, scope: Scope, known: Summaries) -> tuple[Abstract, ...]:
    """Return everything that `node` may stand for; empty where nothing of it is a resource."""
    match node:
        case ast.Await(value=inner) | ast.NamedExpr(value=inner) | ast.Starred(value=inner):
            return evaluate(inner, env, scope, known)
        case ast.IfExp(test=test, body=yes, orelse=no):
            return _most(
                _under(evaluate(branch, env, scope, known), Cond(test, wanted, scope))
                for branch, wanted in ((yes, True), (no, False))
            )
        case ast.BoolOp(op=op, values=values):
            found = [evaluate(value, env, scope, known) for value in values]
            if isinstance(op, ast.And):
                # Only the last of an `and` is its value where it matters; the others are its conditions.
                last = found[-1]
                for value in values[:-1]:
                    last = _under(last, Cond(value, True, scope))
                return last
            return _most(found)
        case ast.Tuple(elts=elements) | ast.List(elts=elements) | ast.Set(elts=elements):
            return _most(evaluate(element, env, scope, known) for element in elements)
        case ast.Dict(values=values):
            return _most(evaluate(value, env, scope, known) for value in values)
        case ast.Name():
            return _name(node.id, env, scope, known)
        case ast.Attribute():
            return _attribute(node, env, scope, known) or _part(node.value, env, scope, known)
        case ast.Subscript():
            return _part(node.value, env, scope, known)
        case ast.Call():
            return _call(node, env, scope, known)
    return ()


def _name(name: str, env: Env, scope: Scope, known: Summaries) -> tuple[Abstract, ...]:
    if name in env:
        return env[name]
    if scope.kind == "function" and name in scope.params:
        return (Param(name),)
    outer = scope.parent
    while outer is not None and outer.kind == "function":
        if name in known.of(outer).env:
            return _stale(known.of(outer).env[name])
        outer = outer.parent
    dotted = known.project.resolve(scope, (name,))
    return _variable(known.project.lookup(dotted, scope.module), known) if dotted else ()


def _variable(entity: Entity, known: Summaries) -> tuple[Abstract, ...]:
    """What a variable of a module, or an attribute below it, holds."""
    if entity.module is None:
        return _stale(known.contents.get(entity.dotted, ()))
    if not entity.name:
        return ()
    dotted = f"{entity.module.name}.{entity.name}"
    held = known.contents.get(".".join((dotted, *entity.rest)), ())
    if not held and entity.rest:
        held = tuple(
            replace(value, path=value.path[len(entity.rest) :])
            for value in known.contents.get(dotted, ())
            if value.path[: len(entity.rest)] == entity.rest
        )
    if held or entity.rest:
        return _stale(held)
    klass = known.project.class_of(entity)
    return (Instance(klass),) if klass is not None else ()


def _attribute(node: ast.Attribute, env: Env, scope: Scope, known: Summaries) -> tuple[Abstract, ...]:
    chain = chain_of(node)
    if len(chain) >= 3 and chain[-2] in ("state", "ctx") and chain[-3] in APP_NAMES:
        return _stale(known.contents.get(".".join((chain[-3].lstrip("_"), *chain[-2:])), ()))
    owner = class_around(scope)
    if owner is not None and chain[0] in ("self", "cls") and len(chain) == 2:
        held = [known.contents.get(f"{each.dotted}.{chain[1]}", ()) for each in known.project.ancestry(owner)]
        own = [(value,) for name, value, _ in known.attributes(owner) if name == chain[1] and isinstance(value, Value)]
        # What `self` has is as new as `self`; what the class has is shared.
        return _most([_stale(_most(held)), *own])
    if isinstance(node.value, (ast.Name, ast.Call, ast.Await)):
        below: list[Abstract] = [
            replace(value, path=value.path[1:])
            for value in evaluate(node.value, env, scope, known)
            if isinstance(value, (Value, Param)) and value.path[:1] == (node.attr,)
        ]
        if below:
            return _stale(below)
    dotted = known.project.resolve(scope, chain)
    if dotted is None:
        return ()
    entity = known.project.lookup(dotted, scope.module)
    if entity.scope is not None and entity.rest:
        return _stale(known.contents.get(".".join((entity.scope.dotted, *entity.rest)), ()))
    return _variable(entity, known)


def _part(node: ast.expr, env: Env, scope: Scope, known: Summaries) -> tuple[Abstract, ...]:
    """A database or collection of a client is the client by another name."""
    if not isinstance(node, (ast.Call, ast.Name, ast.Attribute, ast.Subscript)):
        return ()
    found = evaluate(node, env, scope, known)
    return tuple(v for v in found if isinstance(v, Value) and not v.path and v.resource.label in SHARED_BY_PARTS)


def _call(node: ast.Call, env: Env, scope: Scope, known: Summaries) -> tuple[Abstract, ...]:
    project = known.project
    chain = chain_of(node.func)
    place = scope.module.place(node)
    entity = project.entity(scope, chain)
    if entity is not None:
        made = resource_called(project.resolve(scope, chain) or "") or (
            resource_called(entity.dotted) if entity.module is None else None
        )
        if made is not None:
            return _made(made, node, scope, place, known)
        if entity.scope is not None and not entity.rest:
            return _of_project(node, entity.scope, place, env, scope, known)
    if chain[-1] == "create_task" and is_loop_method(node.func, scope):
        return _made(TASK, node, scope, place, known)
    if chain[-1] in ("defaultdict", *PROVIDERS) and node.args:
        return _by_factory(node.args[0], node, scope, known)
    if isinstance(node.func, ast.Attribute):
        owner = class_around(scope)
        if chain[-1] == "__new__" and owner is not None:  # super().__new__(cls), object.__new__(cls)
            return _constructed(node, owner, place, env, scope, known)
        if chain[-1] in RETURNS_SELF:
            found = evaluate(node.func.value, env, scope, known)
            if any(isinstance(value, Value) for value in found):
                return found
        if chain[-1] in ("get_database", "get_default_database", "get_collection"):
            return _part(node.func.value, env, scope, known)
        instances = [v for v in evaluate(node.func.value, env, scope, known) if isinstance(v, Instance)]
        for instance in instances:
            method = project.method(instance.klass, chain[-1])
            if method is not None:
                return _of_project(node, method, place, env, scope, known)
    if chain[-1] in PASS_THROUGH or chain[-1][:1].isupper():
        # A class that is not the project's may keep what it is given; a function is not believed to.
        arguments = [*node.args, *(keyword.value for keyword in node.keywords)]
        found = _most(evaluate(argument, env, scope, known) for argument in arguments)
        # Which loop a foreign object was given, and what it does with it, is its own affair.
        return tuple(value for value in found if not isinstance(value, Value) or value.resource != LOOP)
    return ()


def _made(resource: Resource, node: ast.Call, scope: Scope, place: Place, known: Summaries) -> tuple[Abstract, ...]:
    if is_safe(resource, node, scope, known.project):
        return ()
    return (Value(resource, place, scope, node, place),)


def _of_project(
    node: ast.Call, callee: Scope, place: Place, env: Env, scope: Scope, known: Summaries
) -> tuple[Abstract, ...]:
    if callee.kind == "class":
        return _constructed(node, callee, place, env, scope, known)
    arguments = bound_arguments(node, callee, bound=is_bound_call(node, callee))
    result: list[tuple[Abstract, ...]] = []
    for value in known.of(callee).returns:
        if isinstance(value, Param):
            passed = evaluate(arguments.get(value.name), env, scope, known)
            result.append(tuple(_deeper(each, value.path) for each in passed))
        elif isinstance(value, Value) and value.fresh and not is_cached(callee):
            result.append((replace(value, identity=place),))
        else:
            result.append((value,))
    return _most(result)


def _constructed(
    node: ast.Call, klass: Scope, place: Place, env: Env, scope: Scope, known: Summaries
) -> tuple[Abstract, ...]:
    for base in known.project.foreign_bases(klass):
        made = resource_called(base)
        if made is not None:
            return _made(made, node, scope, place, known)
    init = known.project.method(klass, "__init__")
    arguments = bound_arguments(node, init, bound=True) if init is not None else {}
    result: list[tuple[Abstract, ...]] = []
    if init is None:
        for name, argument in fields_of(node, klass, known.project).items():
            result.append(tuple(_deeper(each, (name,)) for each in evaluate(argument, env, scope, known)))
        result.extend(_defaults(klass, place, known))
    for name, value, method in known.attributes(klass):
        if isinstance(value, Value):
            here = replace(value, identity=place) if value.fresh else value
            lazy = value.lazy or (None if method.name in _CONSTRUCTORS else method)
            result.append((replace(here, lazy=lazy).below(name),))
        elif method.name == "__init__":
            passed = evaluate(arguments.get(value.name), env, scope, known)
            result.append(tuple(_deeper(each, (name, *value.path)) for each in passed))
    found = tuple(value for value in _most(result) if not isinstance(value, Instance))
    return found or (Instance(klass),)


def _defaults(klass: Scope, place: Place, known: Summaries) -> Iterator[tuple[Abstract, ...]]:
    """What the fields of a dataclass or model make by themselves: field(default_factory=asyncio.Lock)."""
    for each in known.project.ancestry(klass):
        for name, values in each.values.items():
            for value in values:
                if isinstance(value, ast.Call) and chain_of(value.func)[-1] in ("field", "Field", "attrib", "ib"):
                    factory = next((k.value for k in value.keywords if k.arg in ("default_factory", "factory")), None)
                    made = [v for v in _by_factory(factory, value, each, known) if isinstance(v, Value)]
                    yield tuple(replace(found, identity=place).below(name) for found in made)


def _by_factory(factory: ast.expr | None, node: ast.Call, scope: Scope, known: Summaries) -> tuple[Abstract, ...]:
    """What calling `factory` makes, at `node`: a constructor of the table, or a lambda."""
    if isinstance(factory, ast.Lambda):
        return evaluate(factory.body, {}, scope, known)
    if isinstance(factory, (ast.Name, ast.Attribute)):
        made = resource_called(known.project.resolve(scope, chain_of(factory)) or "")
        if made is not None:
            return _made(made, node, scope, scope.module.place(node), known)
        entity = known.project.entity(scope, chain_of(factory))
        if entity is not None and entity.scope is not None and not entity.rest:
            call = ast.copy_location(ast.Call(factory, node.args[1:], node.keywords), node)
            return _of_project(call, entity.scope, scope.module.place(node), {}, scope, known)
    return ()


def _deeper(value: Abstract, path: Chain) -> Abstract:
    return value if isinstance(value, Instance) else value.below(*path)


def is_loop_method(func: ast.expr, scope: Scope) -> bool:
    """Tell whether `func` is a method of what is called a loop. A TaskGroup ends its tasks itself."""
    if not isinstance(func, ast.Attribute):
        return False
    base = func.value
    if isinstance(base, ast.Call):
        return chain_of(base.func)[-1] in ("get_running_loop", "get_event_loop", "new_event_loop")
    last = chain_of(base)[-1]
    return last.strip("_").endswith("loop") and scope.kind != "class"


def _under(values: Iterable[Abstract], cond: Cond) -> tuple[Abstract, ...]:
    return tuple(value.under((cond,)) if isinstance(value, Value) else value for value in values)


def _stale(values: Iterable[Abstract]) -> tuple[Abstract, ...]:
    return tuple(replace(value, fresh=False) if isinstance(value, Value) else value for value in values)


def _most(groups: Iterable[tuple[Abstract, ...]]) -> tuple[Abstract, ...]:
    unique: dict[object, Abstract] = {}
    for group in groups:
        for value in group:
            key = (value.identity, value.path) if isinstance(value, Value) else value
            unique.setdefault(key, value)
    return tuple(unique.values())[:_MOST]
