"""Which tests get to a function, and which import a module: a search backwards, by names, with bounds."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from bisect_loop.scan.model import Reach
from bisect_loop.scan.project import Project
from bisect_loop.scan.scopes import Module, Scope
from bisect_loop.scan.suite import Suite, is_below

_DEEPEST = 12
_MOST_SCOPES = 3000
# Method names that say nothing about whose method is meant.
_COMMON = frozenset(
    {
        *(
            "get",
            "set",
            "add",
            "run",
            "start",
            "stop",
            "close",
            "open",
            "connect",
            "read",
            "write",
            "send",
            "recv",
            "put",
            "pop",
            "update",
            "execute",
            "call",
            "handle",
            "process",
        ),
        *(
            "main",
            "init",
            "setup",
            "create",
            "delete",
            "save",
            "load",
            "append",
            "emit",
            "publish",
            "next",
            "reset",
            "clear",
            "submit",
            "request",
            "post",
            "patch",
        ),
    }
)


class Reachability:
    """Answers for one project; what was found once is kept."""

    def __init__(self, project: Project, suite: Suite) -> None:
        self.project = project
        self.suite = suite
        self._importing: dict[Module, set[Module]] | None = None
        self._tests: dict[Scope, tuple[frozenset[Scope], bool]] = {}
        self._importers: dict[Module, frozenset[Module]] = {}

    def of(self, scope: Scope, home: Scope | None = None) -> Reach:
        """The tests that get to `scope`, and the test files that import its module.

        With `home` only those count that get there as well: what a method makes is kept only where the object is.
        """
        home = home or scope
        found, complete = self.tests(scope)
        if home is not scope:
            also, all_of_them = self.tests(home)
            found, complete = found & also, complete and all_of_them
        ids = sorted(self.suite.tests[test].nodeid for test in found)
        return Reach(len(ids), tuple(ids[:3]), len(self.importers(home.module)), complete)

    def tests(self, scope: Scope) -> tuple[frozenset[Scope], bool]:
        """The test functions that get to `scope`, and whether the search came to its end."""
        if scope not in self._tests:
            self._tests[scope] = self._search(scope)
        return self._tests[scope]

    def importers(self, module: Module) -> frozenset[Module]:
        """The test files that import `module`, directly or through others; a conftest counts for all below it."""
        if module not in self._importers:
            graph = self._graph()
            seen = {module}
            waiting = [module]
            while waiting:
                for user in graph.get(waiting.pop(), ()):
                    if user not in seen:
                        seen.add(user)
                        waiting.append(user)
            homes = {each.directory for each in seen if each in self.suite.conftests}
            self._importers[module] = frozenset(
                test
                for test in self.suite.test_modules
                if test in seen or any(is_below(test.directory, home) for home in homes)
            )
        return self._importers[module]

    def users(self, scope: Scope) -> Iterator[Scope]:
        """The scopes that call or mention a function, or get it as a fixture."""
        target = scope.parent if scope.name in ("__init__", "__new__") and scope.owner is not None else scope
        if target is None:
            return
        sure, likely = self.project.users_of(target)
        yield from sure
        is_telling = target.name not in _COMMON and len(self.project.methods.get(target.name, ())) == 1
        if target.owner is not None and is_telling:
            yield from likely
        fixture = self.suite.fixtures.get(scope)
        if fixture is not None:
            yield from self.suite.users(fixture)

    def _search(self, start: Scope) -> tuple[frozenset[Scope], bool]:
        found: set[Scope] = set()
        seen = {start}
        waiting = deque([(start, 0)])
        complete = True
        while waiting:
            scope, depth = waiting.popleft()
            if scope in self.suite.tests:
                found.add(scope)
                continue
            if scope.kind != "function":
                importers = self.importers(scope.module)
                found.update(test for test in self.suite.tests if test.module in importers)
                continue
            if depth >= _DEEPEST or len(seen) > _MOST_SCOPES:
                complete = False
                continue
            for user in self.users(scope):
                if user not in seen:
                    seen.add(user)
                    waiting.append((user, depth + 1))
        return frozenset(found), complete

    def _graph(self) -> dict[Module, set[Module]]:
        """Module -> the modules that import it, by import statements or by a text that is its name."""
        if self._importing is None:
            graph: dict[Module, set[Module]] = {}
            for module in self.project.modules:
                for dotted in (*module.imported, *module.strings):
                    parts = dotted.split(".")
                    for end in range(1, len(parts) + 1):
                        if dotted in module.strings and len(parts) == 1:
                            break  # one plain word is hardly ever meant as a module
                        found = self.project.find_module(".".join(parts[:end]), module)
                        if found is not None:
                            graph.setdefault(found, set()).add(module)
            self._importing = graph
        return self._importing
