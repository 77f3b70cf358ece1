"""What keeps a stored resource from outliving its loop, and which environment variables it takes to make it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from bisect_loop.scan.conditions import PYTEST_LOADED, Conditions
from bisect_loop.scan.effects import asks_which_loop
from bisect_loop.scan.environment import environment_of
from bisect_loop.scan.flow import Flow
from bisect_loop.scan.lifetimes import Lifetimes
from bisect_loop.scan.model import Guard, Place
from bisect_loop.scan.project import Project
from bisect_loop.scan.reach import Reachability
from bisect_loop.scan.scopes import Scope
from bisect_loop.scan.suite import Suite
from bisect_loop.scan.values import CallSite, Cond, Store

_DEEPEST = 3  # callers above callers
_MOST_CALLERS = 25
_UNDER_PYTEST = ("PYTEST_CURRENT_TEST", "PYTEST_VERSION", PYTEST_LOADED)
_IN_USE_AT_IMPORT = ("PYTEST_VERSION", PYTEST_LOADED)


class Guards:
    """Answers for one project."""

    def __init__(self, project: Project, flow: Flow, suite: Suite, reach: Reachability) -> None:
        self.project = project
        self.flow = flow
        self.suite = suite
        self.reach = reach
        self.lifetimes = Lifetimes(project, flow, suite, reach)
        self.conditions = Conditions(project)
        self.test_environment = dict(environment_of(suite))
        self._sites: dict[Scope, list[tuple[Scope, CallSite | None]]] = {}

    def of(self, store: Store) -> list[Guard]:
        """Every guard of one store, those that fall short included."""
        found: list[Guard] = []
        if store.value.managed:
            found.append(Guard("closed", self._place(store), "closed by its `with` statement", True))
        if store.per_loop or any(asks_which_loop(cond.test) for cond in store.value.conds):
            found.append(Guard("per-loop", self._place(store), "kept per event loop", True))
        found.extend(self._under_pytest(store))
        found.extend(self._by_environment(store))
        found.extend(self.lifetimes.guards(store, self.entry(store)))
        return found

    def gates(self, store: Store) -> list[str]:
        """The environment variables without any one of which the resource is not made, in alphabetical order."""
        found = self._gates_of((*store.conds, *store.value.conds))
        scope = store.value.made_in
        found |= self.conditions.required(store.value.call, scope)
        for start in {store.scope, scope}:
            found |= self._gates_above(start, 0)
        return sorted(found - set(_UNDER_PYTEST))

    def entry(self, store: Store) -> Scope:
        """The function that tests have to get to for the resource to be stored; a module where importing does it."""
        return store.value.lazy or store.scope

    def is_at_import(self, scope: Scope) -> bool:
        """Tell whether importing some module runs `scope`."""
        return self._runs_at_import(scope, 0)

    def _under_pytest(self, store: Store) -> Iterator[Guard]:
        conds = (*store.conds, *store.value.conds)
        scope = self.entry(store)
        for name in _UNDER_PYTEST:
            cond = next((cond for cond in conds if self.conditions.contradicts(cond, {name: True})), None)
            if cond is None and not self._every_caller_stops(scope, {name: True}, 0):
                continue
            where = cond.scope.module.place(cond.test) if cond is not None else scope.place
            if name not in _IN_USE_AT_IMPORT and self.is_at_import(scope):
                text = f"{name} is not set yet when the tests are collected, and this runs at import"
                yield Guard("pytest", where, text, False)
            else:
                yield Guard("pytest", where, f"not made while {name} is set", True)

    def _by_environment(self, store: Store) -> Iterator[Guard]:
        conds = (*store.conds, *store.value.conds)
        for name, (value, where) in self.test_environment.items():
            assumed: dict[str, bool | str] = {name: value}
            if any(self.conditions.contradicts(cond, assumed) for cond in conds) or self._every_caller_stops(
                self.entry(store), assumed, 0
            ):
                did = f"set to {value!r}" if isinstance(value, str) else "removed"
                yield Guard("env-removed", where, f"{name} is {did} for the tests", True)

    def _gates_of(self, conds: Iterable[Cond]) -> set[str]:
        found: set[str] = set()
        for cond in conds:
            for name in self.conditions.variables(cond.test, cond.scope):
                if self.conditions.contradicts(cond, {name: False}):
                    found.add(name)
        return found

    def _gates_above(self, scope: Scope, depth: int) -> set[str]:
        """What gates every call of a function outside the tests."""
        sites = [site for user, site in self._callers(scope) if site is not None and user not in self.suite.tests]
        if depth >= _DEEPEST or not sites or len(sites) > _MOST_CALLERS:
            return set()
        each = []
        for user, site in self._callers(scope):
            if site is not None and user not in self.suite.tests:
                each.append(self._gates_of(site.conds) | self._gates_above(user, depth + 1))
        return set.intersection(*each)

    def _every_caller_stops(self, scope: Scope, assumed: Mapping[str, bool | str], depth: int) -> bool:
        callers = self._callers(scope)
        if depth >= _DEEPEST or not callers or len(callers) > _MOST_CALLERS:
            return False
        return all(
            site is not None
            and (
                any(self.conditions.contradicts(cond, assumed) for cond in site.conds)
                or self._every_caller_stops(user, assumed, depth + 1)
            )
            for user, site in callers
        )

    def _callers(self, scope: Scope) -> list[tuple[Scope, CallSite | None]]:
        """Who calls a function, each call for itself; None stands for a mention that is no call."""
        if scope.kind != "function":
            return []
        if scope not in self._sites:
            found: list[tuple[Scope, CallSite | None]] = []
            for user in self.reach.users(scope):
                if len(found) > _MOST_CALLERS:
                    break
                sites = [site for site in self.flow.facts(user).calls if site.callee is scope]
                found.extend((user, site) for site in sites)
                if not sites:
                    found.append((user, None))
            self._sites[scope] = found
        return self._sites[scope]

    def _runs_at_import(self, scope: Scope, depth: int) -> bool:
        if scope.kind != "function":
            return True
        if depth >= _DEEPEST:
            return False
        return any(
            site is not None and user not in self.suite.tests and self._runs_at_import(user, depth + 1)
            for user, site in self._callers(scope)
        )

    def _place(self, store: Store) -> Place:
        return store.scope.module.place(store.node)
