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
_THREADS = frozenset({"Thread", "run_in_executor", "to_thread", "submit", "run_sync"})
_MOST_CALLERS = 25
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
        tests, _ = self.reach.tests(opener)
        partial: list[tuple[Guard, frozenset[Scope]]] = []
        for closer, (line, closes) in closing.items():
            where = Place(closer.module.path, line)
            guard: Guard | None = None
            covered: frozenset[Scope] = frozenset()
            if closer in self.suite.fixtures:
                guard, covered = self._by_fixture(self.suite.fixtures[closer], where, tests)
            elif closer.name in _HOOKS and closer.module in self.suite.conftests:
                covered = frozenset(test for test in tests if is_below(test.module.directory, closer.module.directory))
                guard = Guard("reset", where, f"reset by the hook {closer.name}", covered == tests)
            elif closer.name in _TEARDOWNS and closer.owner is not None:
                covered = frozenset(test for test in tests if test.owner is closer.owner)
                guard = Guard("reset", where, f"reset in {closer.qualname}", bool(tests) and covered == tests)
            elif closer not in (store.scope, opener) and opener.kind == "function":
                guard = self._by_pair(closer, where, store, opener, closing)
            if guard is not None:
                partial.append((replace(guard, kind="closed" if closes else "reset"), covered))
        # Each test needs one of them: a fixture here, an override of it that resets as well there.
        everywhere = bool(tests) and frozenset[Scope]().union(*(covered for _, covered in partial)) == tests
        for guard, covered in partial:
            if everywhere and covered and not guard.holds:
                guard = replace(guard, holds=True, text=f"{guard.text}; something else resets it for the rest")
            yield guard

    def runs_in_own_thread(self, scope: Scope) -> bool:
        """Tell whether only a thread's target runs a coroutine, on a loop of its own: no test closes that one."""
        seen = {scope}
        waiting = [scope]
        in_thread = False
        while waiting:
            here = waiting.pop()
            for user in self.reach.users(here):
                if user in self.suite.tests or user in self.suite.fixtures or len(seen) > _MOST_CALLERS:
                    return False
                if self._starts_thread(user, here):
                    in_thread = True
                elif user not in seen:
                    seen.add(user)
                    waiting.append(user)
        return in_thread

    @staticmethod
    def _starts_thread(user: Scope, target: Scope) -> bool:
        """Tell whether `user` gives the function `target`, without calling it, to a thread to run."""
        is_called = any(chain[-1] == target.name for chain in user.calls)
        return not is_called and any(chain[-1] in _THREADS for chain in user.calls)

    def _by_fixture(self, fixture: Fixture, where: Place, tests: frozenset[Scope]) -> tuple[Guard, frozenset[Scope]]:
        """The guard that a fixture gives, and for which of `tests`."""
        text = f"reset by the fixture {fixture.name}"
        if fixture.width != "function":
            return Guard("reset", where, f"{text}, but only once per {fixture.width}", False), frozenset()
        if not tests:
            return Guard("reset", where, text, fixture.autouse), frozenset()
        replaced: dict[Scope, Fixture] = {}
        if fixture.autouse:
            visible = [test for test in tests if self.suite.is_visible(fixture, test)]
            found = {test: self.suite.overriding(fixture, test) for test in visible}
            replaced = {test: other for test, other in found.items() if other is not None}
            covered = frozenset(test for test in visible if test not in replaced)
        else:
            covered = tests & self.reach.tests(fixture.scope)[0]
        if covered == tests:
            return Guard("reset", where, text, True), covered
        why = "does not apply to" if fixture.autouse else "is not used by"
        missing = f"{len(tests - covered)} of {len(tests)} tests"
        if replaced.keys() == tests - covered:
            first = min(other.scope.place for other in replaced.values())
            return Guard("reset", where, f"{text}, which {first} overrides for {missing}", False), covered
        return Guard("reset", where, f"{text}, which {why} {missing}", False), covered

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
