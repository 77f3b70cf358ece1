"""All modules of a project, and what a name in one of them stands for.

Names are followed the way Python would, as far as that can be told without running anything: through imports,
re-exports, star imports, `self`, and module-level instances of the project's own classes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from bisect_loop.scan.modules import Modules
from bisect_loop.scan.scopes import Chain, Module, Scope, chain_of

_MAX_REEXPORTS = 6


@dataclass(frozen=True, slots=True)
class Entity:
    """What a dotted name stands for.

    With `scope` it is that function or class, with `name` a variable of `module`, otherwise the module itself;
    `rest` are the attributes behind it. Without `module` it is not the project's: `dotted` is all there is.
    """

    dotted: str
    module: Module | None = None
    scope: Scope | None = None
    name: str = ""
    rest: Chain = ()


class Project:
    """All modules together, indexed by name.

    `mentions` maps the last part of a dotted name to the scopes that read such a name, each with its chains.
    """

    def __init__(self, modules: Modules) -> None:
        self.modules = modules.found
        self.errors = modules.errors
        self._modules = modules
        self.scopes: list[Scope] = []
        self.mentions: dict[str, dict[Scope, list[Chain]]] = defaultdict(dict)
        self.methods: dict[str, list[Scope]] = defaultdict(list)
        self.subclasses: dict[str, list[Scope]] = defaultdict(list)
        self.aliases: dict[str, list[tuple[Scope, str]]] = defaultdict(list)
        self._users: dict[Scope, tuple[list[Scope], list[Scope]]] = {}
        self._entities: dict[tuple[Scope, Chain], Entity | None] = {}
        self._looked_up: dict[tuple[str, str], Entity] = {}
        self._index()

    def _index(self) -> None:
        for module in self.modules:
            for scope in module.scopes:
                self.scopes.append(scope)
                for chain in scope.refs:
                    self.mentions[chain[-1]].setdefault(scope, []).append(chain)
                for alias, dotted in scope.imports.items():
                    if dotted.rpartition(".")[2] != alias:
                        self.aliases[dotted.rpartition(".")[2]].append((scope, alias))
                if scope.owner is not None:
                    self.methods[scope.name].append(scope)
                for base in scope.bases:
                    self.subclasses[base[-1]].append(scope)

    def find_module(self, dotted: str, importer: Module) -> Module | None:
        """Return the project's module that `importer` gets under this absolute name."""
        return self._modules.find(dotted, importer)

    def resolve(self, scope: Scope, chain: Chain) -> str | None:
        """Return the absolute dotted name that `chain` means in `scope`; None for locals and what is computed."""
        root = chain[0]
        if root == "()":
            return None
        here: Scope | None = scope
        while here is not None:
            if here is scope or here.kind != "class":
                if root in here.imports:
                    return ".".join((here.imports[root], *chain[1:]))
                if here.kind == "module":
                    break
                if here.kind == "function" and root not in here.globals:
                    if root in here.children:
                        return f"{here.children[root].dotted}{''.join('.' + part for part in chain[1:])}"
                    if root in here.params or root in here.assigned:
                        return None
                if here.kind == "class" and (root in here.assigned or root in here.children):
                    return ".".join((here.dotted, *chain))
            here = here.parent
        module = scope.module
        if root in module.scope.children or root in module.scope.assigned:
            return ".".join((module.name, *chain))
        for star in module.scope.stars:
            entity = self.lookup(f"{star}.{root}", module)
            if entity.module is not None and (entity.scope or entity.name):
                return ".".join((star, *chain))
            if entity.module is None:
                return ".".join((star, *chain))
        return ".".join(chain)

    def lookup(self, dotted: str, importer: Module) -> Entity:
        """Follow an absolute dotted name to where the project defines it."""
        key = (dotted, importer.path)
        if key not in self._looked_up:
            self._looked_up[key] = self._lookup(dotted, importer, 0)
        return self._looked_up[key]

    def _lookup(self, dotted: str, importer: Module, depth: int) -> Entity:
        parts = tuple(dotted.split("."))
        for end in range(len(parts), 0, -1):
            name = ".".join(parts[:end])
            module = importer if name == importer.name else self.find_module(name, importer)
            if module is not None:
                return self._inside(module, parts[end:], dotted, depth)
        return Entity(dotted)

    def _inside(self, module: Module, rest: Chain, dotted: str, depth: int) -> Entity:
        if not rest:
            return Entity(dotted, module)
        scope, used = module.scope, 0
        while used < len(rest) and rest[used] in scope.children:
            scope = scope.children[rest[used]]
            used += 1
        if used:
            return Entity(dotted, module, scope, rest=rest[used:])
        name = rest[0]
        if name in module.scope.imports and depth < _MAX_REEXPORTS:
            target = ".".join((module.scope.imports[name], *rest[1:]))
            if target != dotted:
                return self._lookup(target, module, depth + 1)
        if name in module.scope.assigned:
            return Entity(dotted, module, name=name, rest=rest[1:])
        if depth < _MAX_REEXPORTS:
            for star in module.scope.stars:
                entity = self._lookup(".".join((star, *rest)), module, depth + 1)
                if entity.scope is not None or entity.name:
                    return entity
        return Entity(dotted)

    def entity(self, scope: Scope, chain: Chain) -> Entity | None:
        """Resolve and look up in one step; methods are found through `self`, `cls` and known instances."""
        key = (scope, chain)
        if key not in self._entities:
            self._entities[key] = self._entity(scope, chain)
        return self._entities[key]

    def _entity(self, scope: Scope, chain: Chain) -> Entity | None:
        owner = class_around(scope)
        if owner is not None and chain in (("cls",), ("self", "__class__")):
            return Entity(owner.dotted, owner.module, owner)
        if owner is not None and len(chain) >= 2 and scope.params and chain[0] in ("self", "cls"):
            method = self.method(owner, chain[1])
            return Entity(method.dotted, method.module, method, rest=chain[2:]) if method else None
        dotted = self.resolve(scope, chain)
        if dotted is None:
            klass = self._annotated(chain[0], scope) if len(chain) > 1 else None
            method = self.method(klass, chain[1]) if klass is not None else None
            return Entity(method.dotted, method.module, method, rest=chain[2:]) if method is not None else None
        entity = self.lookup(dotted, scope.module)
        if entity.name and entity.rest:
            klass = self.class_of(entity)
            method = self.method(klass, entity.rest[0]) if klass else None
            if method is not None:
                return Entity(method.dotted, method.module, method, rest=entity.rest[1:])
        if entity.scope is not None and entity.scope.kind == "class" and entity.rest:
            method = self.method(entity.scope, entity.rest[0])
            if method is not None:
                return Entity(method.dotted, method.module, method, rest=entity.rest[1:])
        return entity

    def users_of(self, target: Scope) -> tuple[list[Scope], list[Scope]]:
        """The scopes that name a function or class, under its own name or the one it is imported as.

        Second come those that name an attribute so of something unknown, which may or may not be it.
        """
        if target not in self._users:
            sure: dict[Scope, None] = {}
            likely: dict[Scope, None] = {}
            for name in self._names_of(target):
                for user, chains in self.mentions.get(name, {}).items():
                    entities = [self.entity(user, chain) for chain in chains]
                    if any(entity is not None and entity.scope is target for entity in entities):
                        sure[user] = None
                    elif None in entities and name == target.name:
                        likely[user] = None
            self._users[target] = (list(sure), [user for user in likely if user not in sure])
        return self._users[target]

    def _names_of(self, target: Scope) -> list[str]:
        """The names that the project's imports give to a function or class, its own first."""
        names = [target.name]
        for name in names:
            for scope, alias in self.aliases.get(name, ()):
                if alias not in names and self.lookup(scope.imports[alias], scope.module).scope is target:
                    names.append(alias)
        return names

    def class_of(self, variable: Entity) -> Scope | None:
        """The class of the project that a module's variable is an instance of, where its assignment shows that."""
        if variable.module is None:
            return None
        scope = variable.module.scope
        for value in scope.values.get(variable.name, ()):
            func = getattr(value, "func", None)
            if func is None:
                continue
            dotted = self.resolve(scope, chain_of(func))
            found = self.lookup(dotted, variable.module).scope if dotted else None
            if found is not None and found.kind == "class":
                return found
        return self._annotated(variable.name, scope)

    def _annotated(self, name: str, scope: Scope) -> Scope | None:
        """The class of the project that an annotation gives to a variable or parameter of `scope`."""
        for chain in scope.types.get(name, ()):
            dotted = self.resolve(scope.module.scope, chain)
            found = self.lookup(dotted, scope.module).scope if dotted else None
            if found is not None and found.kind == "class":
                return found
        return None

    def method(self, klass: Scope, name: str) -> Scope | None:
        """Find a method along the project's part of a class's bases."""
        for each in self.ancestry(klass):
            child = each.children.get(name)
            if child is not None and child.kind == "function":
                return child
        return None

    def ancestry(self, klass: Scope) -> Iterator[Scope]:
        """The class and those bases of it that the project defines, each once, nearest first."""
        seen: set[Scope] = set()
        waiting = [klass]
        while waiting:
            here = waiting.pop(0)
            if here in seen:
                continue
            seen.add(here)
            yield here
            for base in here.bases:
                dotted = self.resolve(here.parent or here.module.scope, base)
                found = self.lookup(dotted, here.module).scope if dotted else None
                if found is not None and found.kind == "class":
                    waiting.append(found)

    def foreign_bases(self, klass: Scope) -> Iterator[str]:
        """The dotted names of those bases, at any depth, that are not the project's own."""
        for here in self.ancestry(klass):
            for base in here.bases:
                dotted = self.resolve(here.parent or here.module.scope, base)
                if dotted is not None:
                    entity = self.lookup(dotted, here.module)
                    if entity.scope is None:
                        yield entity.dotted


def class_around(scope: Scope) -> Scope | None:
    """The class whose method `scope` is, or lies in."""
    here: Scope | None = scope
    while here is not None:
        if here.owner is not None:
            return here.owner
        here = here.parent
    return None
