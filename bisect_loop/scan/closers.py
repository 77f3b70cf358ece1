"""Which functions close or reset what a holder holds.

Counts as closing: `holder.aclose()` and its like on the holder or on what it holds, assigning something else to
the holder, a setter of the project's own called with something that is no resource, `cache_clear()`, and in
fixtures also `monkeypatch.setattr` and `mock.patch` of the holder.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from typing import NamedTuple

from bisect_loop.scan.flow import Flow
from bisect_loop.scan.project import Entity, Project, class_around
from bisect_loop.scan.scopes import Chain, Scope, chain_of
from bisect_loop.scan.suite import Suite
from bisect_loop.scan.values import Store

# Methods that end what they are called on, for whoever else holds it as well.
CLOSE_METHODS = frozenset(
    {
        *("close", "aclose", "dispose", "disconnect", "stop", "shutdown", "cancel", "terminate", "kill"),
        *("wait_closed", "__aexit__", "cleanup"),
    }
)
# Methods that only make a holder let go.
RESET_METHODS = frozenset({"reset", "clear", "cache_clear", "pop", "popitem", "discard", "remove", "reset_singletons"})
_DEEPEST = 3  # functions between a fixture and what closes


class Closing(NamedTuple):
    """Where something is closed, or only let go (`closes` is False): other holders then keep it."""

    line: int
    closes: bool


class Closers:
    """Answers for one project."""

    def __init__(self, project: Project, flow: Flow, suite: Suite) -> None:
        self.project = project
        self.flow = flow
        self.suite = suite
        self._rebinders: dict[str, list[Scope]] = defaultdict(list)
        for scope in project.scopes:
            for last in {chain[-1] for chain in scope.rebinds}:
                self._rebinders[last].append(scope)

    def of(self, store: Store) -> dict[Scope, Closing]:
        """The functions that close or reset what `store` put away.

        A function that calls such a function is one too, to a small depth.
        """
        found = self._direct(store)
        layer = list(found)
        for _ in range(_DEEPEST):
            following: list[Scope] = []
            for scope in layer:
                for user in self.project.users_of(scope)[0]:
                    chain = self._called(user, scope)
                    if chain and user not in found and user is not store.scope and user.kind == "function":
                        found[user] = Closing(user.refs.get(chain, user.line), found[scope].closes)
                        following.append(user)
            layer = following
        for scope in list(found):  # a finalizer inside a fixture is the fixture's
            if scope.parent is not None and scope.parent.kind == "function" and scope.parent is not store.scope:
                found.setdefault(scope.parent, found[scope])
        return found

    def _called(self, user: Scope, scope: Scope) -> Chain | None:
        for chain in user.calls:
            if chain[-1] == scope.name:
                entity = self.project.entity(user, chain)
                if entity is not None and entity.scope is scope:
                    return chain
        return None

    def _direct(self, store: Store) -> dict[Scope, Closing]:
        found: dict[Scope, Closing] = {}
        names = {*store.dotted.split("."), store.holder.dotted.rpartition(".")[2]}
        filling = {each.scope for each in self.flow.stores() if each.holder.dotted == store.holder.dotted}
        for scope, facts in self.flow.known.facts.items():
            # Whoever fills it, be it with what a caller passes, is no closer for rebinding it.
            if names & {name for name, _ in facts.own} or any(
                each.holder.dotted == store.holder.dotted for each in facts.param_stores
            ):
                filling.add(scope)
        for name in sorted(names):
            for scope in self._rebinders.get(name, ()):
                if scope.kind != "function" or scope in filling:
                    continue
                for chain, line in scope.rebinds.items():
                    if chain[-1] == name and self.means(scope, chain, store):
                        found.setdefault(scope, Closing(line, False))
        for method in (*sorted(RESET_METHODS), *sorted(CLOSE_METHODS)):
            for scope, chains in self.project.mentions.get(method, {}).items():
                for chain in chains:
                    line = scope.refs[chain]
                    # In the function that fills the holder only what comes later closes it.
                    is_later = scope is not store.scope or line > _line(store)
                    is_call = len(chain) > 1 and scope.kind == "function"
                    is_news = scope not in found or not found[scope].closes
                    if is_news and is_call and is_later and self.means(scope, chain[:-1], store):
                        found[scope] = Closing(line, method in CLOSE_METHODS)
        self._by_setter(store, found)
        for fixture in self.suite.fixtures:
            line = self._patched(fixture, store)
            if line:
                found.setdefault(fixture, Closing(line, False))
        return found

    def _by_setter(self, store: Store, found: dict[Scope, Closing]) -> None:
        """`bind(None)`, `EMITTER.set_bus(MemoryBus())`: the setter is one that the resource may come through."""
        for setter, facts in list(self.flow.known.facts.items()):
            if any(each.holder.dotted == store.holder.dotted for each in facts.param_stores):
                for user in self.project.users_of(setter)[0]:
                    if user.kind != "function" or user is store.scope:
                        continue
                    here = self.flow.facts(user)
                    if any(each.holder.dotted == store.holder.dotted for each in here.stores):
                        continue
                    for site in here.calls:
                        if site.callee is setter:
                            found.setdefault(user, Closing(site.node.lineno, False))

    def takes_out(self, store: Store) -> bool:
        """Tell whether the entries of a container come and go: something removes single ones."""
        for method in ("pop", "popitem", "discard", "remove"):
            for scope, chains in self.project.mentions.get(method, {}).items():
                if any(len(chain) > 1 and self.means(scope, chain[:-1], store) for chain in chains):
                    return True
        return any(
            chain[-1] == "[]" and self.means(scope, chain, store)
            for scope in self._rebinders.get("[]", ())
            for chain in scope.rebinds
        )

    def means(self, scope: Scope, chain: Chain, store: Store) -> bool:
        """Tell whether `chain` in `scope` is the holder, what it holds, or something that holds it."""
        is_item = chain[-1] == "[]"
        while chain[-1] == "[]" and len(chain) > 1:
            chain = chain[:-1]
        if store.holder.kind == "state":
            mine = ".".join(chain[-3:]).lstrip("_")
            return mine == store.holder.dotted and (is_item or len(chain) > 1)
        if chain[0] in ("self", "cls") and len(chain) > 1:
            return self._is_own(scope, chain, store)
        is_local = len(chain) == 1 and (chain[0] in scope.assigned or chain[0] in scope.params)
        if is_local and scope.kind == "function" and chain[0] not in scope.globals:
            return scope is store.scope and self._is_local_name(chain[0], store)
        dotted = self.project.resolve(scope, chain)
        if dotted is None:
            return False
        target = _definition(self.project.lookup(dotted, scope.module))
        holder = store.holder.dotted
        if target in (store.dotted, holder):
            return True
        if len(target) > len(holder) and store.dotted.startswith(f"{target}."):
            return True
        # EMITTER.close() closes what EMITTER.bus holds.
        return len(store.holder.names) > 1 and target == holder.rpartition(".")[0]

    def _is_own(self, scope: Scope, chain: Chain, store: Store) -> bool:
        owner = class_around(scope)
        if owner is None:
            return False
        holder = store.holder
        for klass in self.project.ancestry(owner):
            if holder.dotted == f"{klass.dotted}.{chain[1]}" or store.dotted == ".".join((klass.dotted, *chain[1:])):
                return True
        # `self.pool.close()` in a method of the class that made the pool.
        maker = class_around(store.value.made_in)
        if maker is not None and chain[1] in store.value.path and scope.name != "__init__":
            related = maker in self.project.ancestry(owner) or owner in self.project.ancestry(maker)
            if related:
                return True
        # `self.bus = None` in a method of what the variable is an instance of.
        path = store.dotted.removeprefix(store.holder.dotted).strip(".").split(".")
        if holder.module is None or not holder.names or chain[1] not in (path[0], holder.names[-1]):
            return False
        variable = Entity("", holder.module, name=holder.names[0], rest=())
        klass_of = self.project.class_of(variable)
        return klass_of is not None and owner in self.project.ancestry(klass_of) and scope.name != "__init__"

    @staticmethod
    def _is_local_name(name: str, store: Store) -> bool:
        return (
            isinstance(store.node, ast.Assign)
            and isinstance(store.node.value, ast.Name)
            and store.node.value.id == name
        )

    def _patched(self, fixture: Scope, store: Store) -> int:
        """The line where a fixture has monkeypatch or mock replace the holder; 0 where none does."""
        if not any(chain[-1] in ("setattr", "patch", "object", "setitem", "delattr") for chain in fixture.calls):
            return 0
        for node in ast.walk(fixture.module.node(fixture)):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            func = chain_of(node.func)[-1]
            first = node.args[0]
            if func in ("setattr", "patch") and isinstance(first, ast.Constant) and isinstance(first.value, str):
                entity = self.project.lookup(first.value, fixture.module)
                if _definition(entity) in (store.dotted, store.holder.dotted):
                    return node.lineno
            elif func in ("setattr", "object", "delattr") and len(node.args) > 1:
                name = node.args[1].value if isinstance(node.args[1], ast.Constant) else None
                if isinstance(name, str) and self.means(fixture, (*chain_of(first), name), store):
                    return node.lineno
            elif func == "setitem" and self.means(fixture, chain_of(first), store):
                return node.lineno
        return 0


def _definition(entity: Entity) -> str:
    """The dotted name under which something is defined, whatever it was imported as."""
    if entity.module is None:
        return entity.dotted
    if entity.scope is not None:
        return ".".join((entity.scope.dotted, *entity.rest))
    return ".".join(filter(None, (entity.module.name, entity.name, *entity.rest)))


def _line(store: Store) -> int:
    return getattr(store.node, "lineno", 0)
