"""Where the value of a name comes from: its assignments, a function's only return, a settings object's field.

Serves the evaluation of conditions: everything is read from the source, nothing is imported.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from bisect_loop.scan.project import Entity, Project, class_around
from bisect_loop.scan.scopes import Scope, chain_of

_SETTINGS_BASES = ("BaseSettings", "Settings", "AppSettings")

Sourced = tuple[ast.expr, Scope]  # an expression, and the scope that it is to be read in


class Origins:
    """Looks values up in one project. Keeps the local assignments of functions it has seen."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self._locals: dict[Scope, dict[str, list[ast.expr]]] = {}

    def assigned(self, name: str, scope: Scope) -> list[Sourced]:
        """What is assigned to a name, with the scope that each value is to be read in."""
        here: Scope | None = scope
        while here is not None and here.kind == "function":
            if name in here.params:
                return []
            if name in here.assigned and name not in here.globals:
                return [(value, here) for value in self._local(here).get(name, ())]
            here = here.parent
        dotted = self.project.resolve(scope, (name,))
        return self._variable(self.project.lookup(dotted, scope.module)) if dotted else []

    def _variable(self, entity: Entity) -> list[Sourced]:
        if entity.module is None or not entity.name or entity.rest:
            return []
        scope = entity.module.scope
        # A function that rebinds the variable makes its first value worth nothing.
        if any(entity.name in each.globals for each in entity.module.scopes):
            return []
        return [(value, scope) for value in scope.values.get(entity.name, ())]

    def attribute_values(self, node: ast.Attribute, scope: Scope) -> list[Sourced]:
        """What is assigned to `settings.name`: a module's variable, a class attribute, or one made in __init__."""
        dotted = dotted_name(node, scope, self.project)
        if dotted is None:
            return []
        entity = self.project.lookup(dotted, scope.module)
        klass: Scope | None = entity.scope
        if entity.name and entity.rest:
            klass = self.project.class_of(entity)
        if klass is None or klass.kind != "class" or len(entity.rest) != 1:
            return self._variable(entity)
        name = entity.rest[0]
        for each in self.project.ancestry(klass):
            init = each.children.get("__init__")
            found = [(value, each) for value in each.values.get(name, ())]
            if init is not None:
                found += [(value, init) for value in self._local(init).get(f"self.{name}", ())]
            if found:
                return found
        return []

    def _local(self, scope: Scope) -> dict[str, list[ast.expr]]:
        if scope not in self._locals:
            found: dict[str, list[ast.expr]] = {}
            for each in ast.walk(scope.module.node(scope)):
                if isinstance(each, ast.Assign):
                    for target in each.targets:
                        if isinstance(target, (ast.Name, ast.Attribute)):
                            found.setdefault(".".join(chain_of(target)), []).append(each.value)
                elif isinstance(each, (ast.AnnAssign, ast.NamedExpr)) and isinstance(each.target, ast.Name):
                    found.setdefault(each.target.id, []).extend([each.value] if each.value is not None else [])
            self._locals[scope] = found
        return self._locals[scope]

    def field(self, node: ast.Attribute, scope: Scope) -> tuple[str, ast.expr | None, Scope] | None:
        """A field of a settings object: its variable's name, its default and where that is read."""
        klass = self._settings_class(node.value, scope)
        if klass is None:
            return None
        for each in self.project.ancestry(klass):
            if node.attr in each.values:
                prefix = _env_prefix(each)
                values = each.values[node.attr]
                default = values[-1] if values else None
                alias = keyword(default, "validation_alias", "alias", "env") if isinstance(default, ast.Call) else None
                if isinstance(default, ast.Call):
                    default = default.args[0] if default.args else keyword(default, "default")
                name = next(text_of(alias), "") if alias is not None else ""
                return name or f"{prefix}{node.attr}".upper(), default, each
        return None

    def _settings_class(self, base: ast.expr, scope: Scope) -> Scope | None:
        klass: Scope | None = None
        if isinstance(base, ast.Call):  # Settings().redis_url, get_settings().redis_url
            klass = self._class_called(base, scope)
        elif chain_of(base) == ("self",):
            klass = class_around(scope)
        elif isinstance(base, (ast.Name, ast.Attribute)):
            values = self.assigned(base.id, scope) if isinstance(base, ast.Name) else self.attribute_values(base, scope)
            for value, where in values:
                if isinstance(value, ast.Call):
                    klass = klass or self._class_called(value, where)
        if klass is not None and any(
            foreign.rpartition(".")[2] in _SETTINGS_BASES for foreign in self.project.foreign_bases(klass)
        ):
            return klass
        return None

    def _class_called(self, call: ast.Call, scope: Scope) -> Scope | None:
        entity = self.project.entity(scope, chain_of(call.func))
        found = entity.scope if entity is not None else None
        if found is not None and found.kind == "function":
            returned = self.only_return(found)
            if isinstance(returned, ast.Call):
                inner = self.project.entity(found, chain_of(returned.func))
                found = inner.scope if inner is not None else None
        return found if found is not None and found.kind == "class" else None

    def function(self, call: ast.Call, scope: Scope) -> Scope | None:
        entity = self.project.entity(scope, chain_of(call.func))
        found = entity.scope if entity is not None and not entity.rest else None
        return found if found is not None and found.kind == "function" else None

    def only_return(self, function: Scope) -> ast.expr | None:
        """The expression that a function of one return gives."""
        returns = [each for each in ast.walk(function.module.node(function)) if isinstance(each, ast.Return)]
        return returns[0].value if len(returns) == 1 else None


def dotted_name(node: ast.expr, scope: Scope, project: Project) -> str | None:
    chain = chain_of(node)
    if isinstance(node, ast.Call) or chain[0] == "()":
        return None
    return project.resolve(scope, chain)


def text_of(node: ast.expr | None) -> Iterator[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value


def keyword(call: ast.Call, *names: str) -> ast.expr | None:
    return next((keyword.value for keyword in call.keywords if keyword.arg in names), None)


def _env_prefix(klass: Scope) -> str:
    """The prefix of a pydantic settings class, from model_config or its Config class."""
    for value in klass.values.get("model_config", ()):
        if isinstance(value, ast.Call):
            return next(text_of(keyword(value, "env_prefix")), "")
        if isinstance(value, ast.Dict):
            for key, held in zip(value.keys, value.values, strict=True):
                if next(text_of(key), "") == "env_prefix":
                    return next(text_of(held), "")
    config = klass.children.get("Config")
    if config is not None:
        for value in config.values.get("env_prefix", ()):
            return next(text_of(value), "")
    return ""
