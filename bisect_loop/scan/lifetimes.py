"""Whether what closes a holder does so before the loop does: fixtures, lifespans, handlers, tear-downs, pairs."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace

from bisect_loop.scan.closers import Closers, Closing
from bisect_loop.scan.flow import Flow
from bisect_loop.scan.model import Guard, Place
from bisect_loop.scan.project import Project, class_around
from bisect_loop.scan.reach import Reachability
from bisect_loop.scan.scopes import Scope
from bisect_loop.scan.suite import Fixture, Suite, is_below
from bisect_loop.scan.values import Store

_HOOKS = ("pytest_runtest_setup", "pytest_runtest_teardown")
_TEARDOWNS = ("tearDown", "asyncTearDown", "teardown_method")


class Lifetimes:
    """Answers for one project."""

    def __init__(self, project: Project, flow: Flow, suite: Suite, reach: Reachability) -> None:
        self.project = project
        self.suite = suite
        self.reach = reach
        self.closers = Closers(project, flow, suite)

    def guards(self, store: Store, opener: Scope) -> Iterator[Guard]:
        """Every guard that closing or resetting gives to one store; `opener` is the function that fills the holder."""
        closing = self.closers.of(store)
        if store.scope in closing and store.scope.kind == "function":
            where = Place(store.scope.module.path, closing[store.scope].line)
            yield Guard("closed", where, "closed where it is made", True)
        for closer, (line, closes) in closing.items():
            where = Place(closer.module.path, line)
            guard: Guard | None = None
            if closer in self.suite.fixtures:
                guard = self._by_fixture(self.suite.fixtures[closer], where, opener)
            elif closer.name in _HOOKS and closer.module in self.suite.conftests:
                tests, _ = self.reach.tests(opener)
                holds = all(is_below(test.module.directory, closer.module.directory) for test in tests)
                guard = Guard("reset", where, f"reset by the hook {closer.name}", holds)
            elif closer.name in _TEARDOWNS and closer.owner is not None:
                tests, _ = self.reach.tests(opener)
                holds = bool(tests) and all(test.owner is closer.owner for test in tests)
                guard = Guard("reset", where, f"reset in {closer.qualname}", holds)
            elif closer not in (store.scope, opener) and opener.kind == "function":
                guard = self._by_pair(closer, where, store, opener, closing)
            if guard is not None:
                yield replace(guard, kind="closed" if closes else "reset")

    def _by_fixture(self, fixture: Fixture, where: Place, opener: Scope) -> Guard:
        text = f"reset by the fixture {fixture.name}"
        tests, _ = self.reach.tests(opener)
        if fixture.width != "function":
            return Guard("reset", where, f"{text}, but only once per {fixture.width}", False)
        if fixture.autouse:
            covered = frozenset(test for test in tests if self.suite.is_visible(fixture, test))
        else:
            covered = tests & self.reach.tests(fixture.scope)[0]
        if not tests:
            return Guard("reset", where, text, fixture.autouse)
        if covered == tests:
            return Guard("reset", where, text, True)
        why = "does not apply to" if fixture.autouse else "is not used by"
        return Guard("reset", where, f"{text}, which {why} {len(tests - covered)} of {len(tests)} tests", False)

    def _by_pair(
        self, closer: Scope, where: Place, store: Store, opener: Scope, closing: Mapping[Scope, Closing]
    ) -> Guard | None:
        """A context that opens and closes, two handlers, or two methods that whoever uses the object calls both."""
        handlers = f"opened and closed by the handlers {opener.name} and {closer.name}"
        if _is_handler(opener, "startup") and _is_handler(closer, "shutdown"):
            return Guard("closed", where, handlers, True)
        callers = list(self.reach.users(opener))
        if store.value.lazy is opener and class_around(closer) is class_around(opener):
            loose = self._loose_users(opener, closing)
            text = f"opened by {opener.name}() and closed by {closer.name}()"
        elif closer.has_yield and closer in callers:
            loose = [user for user in callers if user not in closing]
            text = f"opened and closed by {closer.qualname}"
        else:
            # app.add_event_handler("startup", connect); on_startup=[connect], on_shutdown=[disconnect]
            for user in callers:
                mentioned = {chain[-1] for chain in user.refs}
                if closer.name in mentioned and not {opener.name, closer.name} & {chain[-1] for chain in user.calls}:
                    return Guard("closed", where, handlers, True)
            return None
        if loose:
            name = loose[0].qualname or loose[0].module.path
            return Guard("closed", where, f"{text}, but {name} opens it and does not close it", False)
        return Guard("closed", where, text, True)

    def _loose_users(self, opener: Scope, closing: Collection[Scope]) -> list[Scope]:
        """Who gets an object to open its resource, from outside its class, and does not close it."""
        owner = class_around(opener)
        loose: list[Scope] = []
        seen = {opener}
        waiting = [opener]
        while waiting:
            method = waiting.pop()
            for user in self.reach.users(method):
                if user in seen:
                    continue
                seen.add(user)
                if class_around(user) is owner:
                    # `async with` opens and closes; any other method opens for whoever calls it.
                    if user.name not in ("__aenter__", "__enter__"):
                        waiting.append(user)
                elif user not in closing:
                    loose.append(user)
        return loose


def _is_handler(scope: Scope, event: str) -> bool:
    for decorator in scope.decorators:
        if decorator.chain[-1] in ("on_event", "listener") and decorator.call is not None:
            if any(isinstance(arg, ast.Constant) and event in str(arg.value) for arg in decorator.call.args):
                return True
        elif decorator.chain[-1] == f"on_{event}":
            return True
    return False
