"""Turns what the flow saw into wire-ups: one for each resource that is kept, with all its holders."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass

from bisect_loop.scan.flow import Flow
from bisect_loop.scan.guards import Guards
from bisect_loop.scan.model import Gate, Guard, Place, WireUp
from bisect_loop.scan.project import Project, class_around
from bisect_loop.scan.reach import Reachability
from bisect_loop.scan.resources import NEVER_BINDS, PUTS_WORK_ON_LOOP
from bisect_loop.scan.scopes import Scope, chain_of
from bisect_loop.scan.suite import Fixture, Suite
from bisect_loop.scan.values import Store

# Methods of a loop that call a function later, on the loop.
_CALL_LATER = ("call_soon", "call_later", "call_at")


@dataclass(frozen=True, slots=True)
class Site:
    """A wire-up and where it is reported. `reachable` is False where no test imports the module."""

    wire_up: WireUp
    place: Place
    end_line: int
    reachable: bool


def find_sites(
    project: Project,
    flow: Flow,
    suite: Suite,
    reach: Reachability,
    guards: Guards,
    ci_env: Mapping[str, str] | None,
) -> list[Site]:
    """Return every wire-up of the project, in the order of files and lines."""
    found = []
    for stores in _by_object(_relevant(project, flow, suite, guards)):
        first = stores[0]
        entry = guards.entry(first)
        seen = reach.of(entry, first.scope)
        wire_up = WireUp(
            resource=first.value.resource.label,
            kind=first.value.resource.kind,
            holder=first.dotted,
            holder_kind=first.holder.kind,
            made_at=first.value.made_at,
            stored_at=_place(first),
            function=entry.qualname if entry.kind == "function" else "",
            at_import=guards.is_at_import(entry),
            also_held_by=_others(first, stores),
            gates=tuple(
                Gate(name, ci_env.get(name, "") if ci_env is not None else None) for name in guards.gates(first)
            ),
            guards=_guards(stores, suite, guards),
            reach=seen,
        )
        reachable = (
            not suite.test_modules or bool(seen.importers or seen.tests) or first.scope.module in suite.conftests
        )
        end = getattr(first.node, "end_lineno", None) or wire_up.stored_at.line
        found.append(Site(wire_up, wire_up.stored_at, end, reachable))
    return sorted(found, key=lambda site: site.place)


def _guards(stores: list[Store], suite: Suite, guards: Guards) -> tuple[Guard, ...]:
    """The guards of all holders together: one that leaves another holder unguarded does not hold."""
    each = [guards.of(store) for store in stores]
    found: dict[tuple[str, Place], Guard] = {}
    bare = [store for store, own in zip(stores, each, strict=True) if not any(guard.holds for guard in own)]
    if any(guard.holds and guard.kind == "closed" for own in each for guard in own):
        bare = []  # what is closed is closed for every holder
    for own in each:
        for guard in own:
            if guard.holds and bare:
                short = Guard(guard.kind, guard.where, f"{guard.text}, but not what {bare[0].dotted} holds", False)
                found.setdefault((guard.kind, guard.where), short)
            else:
                found.setdefault((guard.kind, guard.where), guard)
    if suite.has_one_session_loop:
        where = suite.options.place("asyncio_default_test_loop_scope") or Place("pyproject.toml", 1)
        return (Guard("session-loop", where, "all tests share one session loop", True), *found.values())
    return tuple(found.values())


def _relevant(project: Project, flow: Flow, suite: Suite, guards: Guards) -> list[Store]:
    found = []
    for store in flow.stores():
        kind = store.value.resource.kind
        if store.scope.is_nested and store.holder.kind == "class" and _is_local_class(store):
            continue
        if kind == "primitive" and not _may_wait(store, project):
            continue
        if kind == "loop" and not _works_on(store, project, guards):
            continue
        if store.value.made_in.is_async and guards.lifetimes.runs_in_own_thread(store.value.made_in):
            continue
        if store.holder.kind == "container" and _is_weak(store):
            continue
        if kind != "client" and len(store.value.path) > 1:
            continue  # deep inside some object: nobody can tell whether it is ever waited on
        if kind != "client" and store.holder.kind == "container" and guards.lifetimes.closers.takes_out(store):
            continue
        if store.holder.kind == "state" and not _outlives_call(store, project, suite):
            continue
        found.append(store)
    return sorted(found, key=_place)


def _by_object(stores: list[Store]) -> list[list[Store]]:
    """The stores of one object each; the one that stands where the object is made comes first."""
    groups: dict[Place, list[Store]] = {}
    for store in stores:
        group = groups.setdefault(store.value.identity, [])
        if all(each.dotted != store.dotted or each.holder != store.holder for each in group):
            group.append(store)
    for group in groups.values():
        group.sort(key=_rank)
    return list(groups.values())


def _rank(store: Store) -> tuple[int, bool, bool, Place]:
    """The order of an object's stores: by what poisons most, then where it is made, then by place."""
    kind = ("client", "task", "loop", "primitive").index(store.value.resource.kind)
    return kind, store.scope is not store.value.made_in, not store.value.fresh, _place(store)


def _others(first: Store, stores: list[Store]) -> tuple[str, ...]:
    """The other ways to the same resource."""
    same = (store.dotted for store in stores if store.value.resource == first.value.resource)
    return tuple(dict.fromkeys(dotted for dotted in same if dotted != first.dotted))


def _may_wait(store: Store, project: Project) -> bool:
    """Tell whether anything uses a primitive in a way that can wait: only that binds it to a loop."""
    last = store.dotted.rpartition(".")[2]
    for scope in project.scopes:
        for chain in scope.refs:
            if last not in chain:
                continue
            at = chain.index(last)
            behind = chain[at + 1 :]
            if behind and behind[0] in NEVER_BINDS:
                continue
            if at > 0 or _is_variable(scope, last, store, project):
                return True
    return False


def _works_on(store: Store, project: Project, guards: Guards) -> bool:
    """Tell whether anything puts work on a loop that is kept, without asking first whether it is closed."""
    last = store.dotted.rpartition(".")[2]
    means = guards.lifetimes.closers.means
    for scope in project.scopes:
        for chain in scope.refs:
            if last not in chain:
                continue
            upto = chain[: chain.index(last) + 1]
            is_work = chain[len(upto) : len(upto) + 1] and chain[len(upto)] in PUTS_WORK_ON_LOOP
            is_passed = chain == upto and any(call[-1] == "run_coroutine_threadsafe" for call in scope.calls)
            is_asked = any((*upto, question) in scope.refs for question in ("is_closed", "is_running"))
            is_risky = (is_work or is_passed) and not is_asked
            if is_risky and means(scope, upto, store) and not _runs_on_loop(scope, project):
                return True
    return False


def _runs_on_loop(scope: Scope, project: Project) -> bool:
    """Tell whether a function is only ever given to a loop to call, so runs while that loop does."""
    users = [user for user in project.users_of(scope)[0] if user is not scope]
    return bool(users) and all(
        any(chain[-1] in _CALL_LATER for chain in user.calls) and all(chain[-1] != scope.name for chain in user.calls)
        for user in users
    )


def _is_weak(store: Store) -> bool:
    """Tell whether a container lets go of its values by itself: a WeakSet, a WeakValueDictionary."""
    holder = store.holder
    scope = holder.module.scope if holder.module is not None else None
    for name in holder.names[:-1]:
        scope = scope.children.get(name) if scope is not None else None
    values = scope.values.get(holder.names[-1], ()) if scope is not None and holder.names else ()
    return bool(values) and all(
        isinstance(value, ast.Call) and chain_of(value.func)[-1] in ("WeakSet", "WeakValueDictionary")
        for value in values
    )


def _is_variable(scope: Scope, name: str, store: Store, project: Project) -> bool:
    dotted = project.resolve(scope, (name,))
    entity = project.lookup(dotted, scope.module) if dotted is not None else None
    return entity is not None and entity.module is store.holder.module and entity.name == name


def _is_local_class(store: Store) -> bool:
    owner = class_around(store.scope)
    return owner is not None and owner.is_nested


def _outlives_call(store: Store, project: Project, suite: Suite) -> bool:
    """Tell whether an application's state is shared: not where each call makes an application of its own."""
    scope, root = store.scope, store.holder.names[0] if store.holder.names else ""
    around = _outermost(scope)
    if (around in suite.tests or around in suite.fixtures) and root in around.params:
        return _is_shared(suite.find(root, around), project)
    if scope.kind != "function" or root not in scope.assigned or root in scope.globals or root in scope.params:
        return True
    if scope in suite.tests:
        return False
    fixture = suite.fixtures.get(scope)
    if fixture is not None:
        return fixture.width != "function"
    for user in project.users_of(scope)[0]:
        if user.kind != "function" or user.globals:
            return True
        wide = suite.fixtures.get(user)
        if wide is not None and wide.width != "function":
            return True
        if user.is_decorated("lru_cache", "cache"):
            return True
    return False


def _outermost(scope: Scope) -> Scope:
    """The function around all functions that `scope` lies in: a handler made in a test is the test's."""
    while scope.kind == "function" and scope.parent is not None and scope.parent.kind == "function":
        scope = scope.parent
    return scope


def _is_shared(fixture: Fixture | None, project: Project) -> bool:
    """Tell whether tests share what a fixture gives them: by its scope, or because it hands out a module's variable.

    A fixture that is not to be seen, say a plugin's, is taken for one that makes its application anew.
    """
    if fixture is None:
        return False
    if fixture.width != "function":
        return True
    for node in ast.walk(fixture.module.node(fixture.scope)):
        if isinstance(node, (ast.Return, ast.Yield)) and isinstance(node.value, (ast.Name, ast.Attribute)):
            entity = project.entity(fixture.scope, chain_of(node.value))
            if entity is not None and entity.module is not None and entity.name:
                return True
    return False


def _place(store: Store) -> Place:
    return store.scope.module.place(store.node)
