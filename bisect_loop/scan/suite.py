"""The tests and fixtures of a project, and the event loop that each runs on under pytest-asyncio."""

from __future__ import annotations

import ast
import fnmatch
from collections import defaultdict
from dataclasses import dataclass

from bisect_loop.scan.marks import hooked_loop_scope, keywords, marks_of, text
from bisect_loop.scan.project import Project
from bisect_loop.scan.scopes import Module, Scope
from bisect_loop.scan.settings import PytestOptions
from bisect_loop.scan.texts import texts_of

WIDTH = {"function": 0, "class": 1, "module": 2, "package": 3, "session": 4}
_FIXTURES = {"pytest.fixture": "pytest", "pytest_asyncio.fixture": "pytest_asyncio"}
_TEARDOWNS = frozenset(
    {
        *("setUp", "tearDown", "setUpClass", "tearDownClass", "asyncSetUp", "asyncTearDown"),
        *("setup_method", "teardown_method", "setup_class", "teardown_class", "setup_module", "teardown_module"),
        *("setup_function", "teardown_function", "setUpModule", "tearDownModule"),
    }
)
# Hooks of a conftest that run when others have run already.
_HOOKS = frozenset(
    {
        *("pytest_runtest_setup", "pytest_runtest_teardown", "pytest_runtest_call"),
        *("pytest_sessionfinish", "pytest_unconfigure"),
    }
)


@dataclass(frozen=True, eq=False, slots=True)
class Fixture:
    """A pytest fixture. `loop_scope` is what the decorator says, "" where it says nothing.

    `width` is its scope, the widest where that depends on something; `depends` is the expression that decides then.
    """

    scope: Scope
    name: str
    width: str
    loop_scope: str
    autouse: bool
    plugin: str
    depends: ast.expr | None = None

    @property
    def module(self) -> Module:
        return self.scope.module


@dataclass(frozen=True, eq=False, slots=True)
class Test:
    """A test function. `runner` is "pytest-asyncio", "unittest", "other" or "" for a plain one.

    `loop_scope` is "unknown" where a mark computes it.
    """

    __test__ = False

    scope: Scope
    nodeid: str
    runner: str
    loop_scope: str
    marked: bool
    fixtures: frozenset[str]


class Suite:
    """Everything that pytest would collect, as far as the source shows it."""

    def __init__(self, project: Project, options: PytestOptions) -> None:
        self.project = project
        self.options = options
        self.fixtures: dict[Scope, Fixture] = {}
        self.tests: dict[Scope, Test] = {}
        self._named: dict[str, list[Fixture]] = defaultdict(list)
        self._exported: dict[Fixture, list[Module]] = defaultdict(list)
        self._users: dict[Fixture, list[Scope]] | None = None
        patterns = options.words("python_files") or ["test_*.py", "*_test.py"]
        self.test_modules = [
            module
            for module in project.modules
            if any(fnmatch.fnmatchcase(module.path.rpartition("/")[2], pattern) for pattern in patterns)
        ]
        self.conftests = [module for module in project.modules if module.path.rpartition("/")[2] == "conftest.py"]
        self._hook_scopes = {module.directory: hooked_loop_scope(module) for module in self.conftests}
        for scope in project.scopes:
            fixture = self._fixture(scope)
            if fixture is not None:
                self.fixtures[scope] = fixture
                self._named[fixture.name].append(fixture)
        self._find_exports()
        for module in self.test_modules:
            for scope in module.scopes:
                test = self._test(scope)
                if test is not None:
                    self.tests[scope] = test

    @property
    def default_loop_scope(self) -> str:
        """The loop scope of tests that say nothing themselves."""
        return self.options.test_loop_scope

    @property
    def has_one_session_loop(self) -> bool:
        """Whether every async test and fixture runs on one loop for the whole session, and nothing else makes one."""
        if self.options.test_loop_scope != "session" or self.options.fixture_loop_scope != "session":
            return False
        asynchronous = [test for test in self.tests.values() if test.runner]
        if any(test.runner != "pytest-asyncio" or test.loop_scope != "session" for test in asynchronous):
            return False
        if any(fixture.loop_scope not in ("", "session") for fixture in self.fixtures.values()):
            return False
        makers = {("asyncio", "run"), ("TestClient",), ("testclient", "TestClient"), ("asyncio", "Runner")}
        return not any(makers & scope.calls for module in self.test_modules for scope in module.scopes)

    def loop_scope(self, fixture: Fixture) -> str:
        """The scope of the loop that an async fixture runs on; "" where pytest-asyncio does not run it."""
        if not fixture.scope.is_async or (fixture.plugin == "pytest" and not self.options.asyncio_auto):
            return ""
        return fixture.loop_scope or self.options.fixture_loop_scope or fixture.width

    def users(self, fixture: Fixture) -> list[Scope]:
        """The tests and fixtures that ask for a fixture by name, and get this one rather than an override."""
        if self._users is None:
            self._users = defaultdict(list)
            for scope in (*self.tests, *self.fixtures):
                for name in self.requested(scope):
                    found = self.find(name, scope)
                    if found is not None:
                        self._users[found].append(scope)
            for fixture_ in self.fixtures.values():
                for scope in self.tests if fixture_.autouse else ():
                    # pytest asks for the name: an override takes the place of what is autouse, autouse itself or not.
                    nearest = self.find(fixture_.name, scope) if self.is_visible(fixture_, scope) else None
                    if nearest is not None:
                        self._users[nearest].append(scope)
        return self._users.get(fixture, [])

    def requested(self, scope: Scope) -> frozenset[str]:
        """The names of fixtures that a test or fixture asks for."""
        test = self.tests.get(scope)
        return test.fixtures if test is not None else frozenset(scope.params)

    def find(self, name: str, scope: Scope) -> Fixture | None:
        """The fixture that `name` means for a test or fixture: the nearest that is not itself."""
        visible = [
            fixture
            for fixture in self._named.get(name, ())
            if fixture.scope is not scope and self.is_visible(fixture, scope)
        ]
        return max(visible, key=lambda fixture: self._nearness(fixture, scope), default=None)

    def overriding(self, fixture: Fixture, scope: Scope) -> Fixture | None:
        """The fixture that a test or fixture gets in place of one that it sees; None where it gets this one.

        An override that asks for the one above it, by the same name, takes nobody's place.
        """
        seen = {fixture}
        nearest = self.find(fixture.name, scope)
        while nearest is not None and nearest not in seen:
            if fixture.name not in nearest.scope.params:
                return nearest
            seen.add(nearest)
            nearest = self.find(fixture.name, nearest.scope)
        return None

    def named(self, name: str) -> list[Fixture]:
        """All fixtures of this name."""
        return self._named.get(name, [])

    def is_visible(self, fixture: Fixture, scope: Scope) -> bool:
        """Tell whether pytest would offer `fixture` to a test or fixture."""
        owner = fixture.scope.owner
        if owner is not None and scope.owner is not owner:
            return scope.owner is not None and owner in self.project.ancestry(scope.owner)
        return self._nearness(fixture, scope) >= 0

    def _nearness(self, fixture: Fixture, scope: Scope) -> int:
        if fixture.module is scope.module:
            return 100_000 + (fixture.scope.owner is not None)
        best = -1
        for module in (fixture.module, *self._exported.get(fixture, ())):
            if module is scope.module:
                return 100_000
            if module.path.rpartition("/")[2] == "conftest.py" and is_below(scope.module.directory, module.directory):
                best = max(best, len(module.directory))
        return best

    def is_setup_or_teardown(self, scope: Scope) -> bool:
        """Tell whether a function is a fixture, or a set-up or tear-down of unittest's, pytest's or a conftest's."""
        if scope in self.fixtures or (scope.name in _HOOKS and scope.module in self.conftests):
            return True
        if scope.name not in _TEARDOWNS or scope.kind != "function":
            return False
        return scope.module in self.test_modules or (scope.owner is not None and self.is_test_class(scope.owner))

    def is_test_class(self, klass: Scope) -> bool:
        """Tell whether pytest collects the tests of a class."""
        patterns = self.options.words("python_classes") or ["Test"]
        return self.unittest_base(klass) != "" or any(
            klass.name.startswith(pattern) or fnmatch.fnmatchcase(klass.name, pattern) for pattern in patterns
        )

    def unittest_base(self, klass: Scope) -> str:
        """The name of the unittest base of a class: "TestCase", "IsolatedAsyncioTestCase" or the like; or ""."""
        for base in self.project.foreign_bases(klass):
            if base.rpartition(".")[2].endswith(("TestCase", "AsyncioTestCase")):
                return base.rpartition(".")[2]
        return ""

    def _fixture(self, scope: Scope) -> Fixture | None:
        for decorator in scope.decorators if scope.kind == "function" else ():
            plugin = _FIXTURES.get(self.project.resolve(scope.parent or scope, decorator.chain) or "")
            if plugin is None:
                continue
            given = keywords(decorator.call)
            home = scope.parent or scope
            widths = texts_of(given.get("scope"), home, self.project) & WIDTH.keys()
            return Fixture(
                scope=scope,
                name=text(given.get("name")) or scope.name,
                width=max(widths, key=WIDTH.__getitem__, default="" if "scope" in given else "function"),
                loop_scope=self._loop_scope(given.get("loop_scope"), home),
                depends=given.get("scope") if len(widths) > 1 else None,
                autouse=isinstance(given.get("autouse"), ast.Constant) and bool(given["autouse"].value),  # type: ignore[attr-defined]
                plugin=plugin,
            )
        return None

    def _loop_scope(self, given: ast.expr | None, scope: Scope) -> str:
        """The one loop scope that an argument gives, "" without one, "unknown" where it cannot be told."""
        if given is None:
            return ""
        known = texts_of(given, scope, self.project)
        return next(iter(known)) if len(known) == 1 else "unknown"

    def _find_exports(self) -> None:
        """Fixtures that a conftest or test module imports, or names in pytest_plugins, are at home there too."""
        homes = [*self.conftests, *self.test_modules]
        modules = {fixture.module for fixture in self.fixtures.values()}
        for home in homes:
            offered: set[Scope] = set()
            for dotted in home.scope.imports.values():
                entity = self.project.lookup(dotted, home)
                if entity.scope is not None:
                    offered.add(entity.scope)
            wholes = [self.project.find_module(star, home) for star in home.scope.stars]
            if "pytest_plugins" in home.scope.assigned:
                wholes += [self.project.find_module(name, home) for name in home.strings]
            for whole in wholes:
                if whole is not None and whole in modules:
                    offered.update(whole.scopes)
            for scope in offered & self.fixtures.keys():
                self._exported[self.fixtures[scope]].append(home)

    def _test(self, scope: Scope) -> Test | None:
        if scope.kind != "function" or not scope.name.startswith("test") or scope in self.fixtures:
            return None
        owner = scope.owner
        if scope.parent is not scope.module.scope and (owner is None or not self.is_test_class(owner)):
            return None
        marks = list(marks_of(scope, self.project))
        asyncio_mark = next((call for chain, call in marks if chain[-1] == "asyncio"), None)
        is_marked = any(chain[-1] == "asyncio" for chain, _ in marks)
        hooked = next((s for d, s in self._hook_scopes.items() if s and is_below(scope.module.directory, d)), "")
        given = keywords(asyncio_mark)
        own = self._loop_scope(given.get("loop_scope", given.get("scope")), scope.module.scope)
        runner = ""
        if owner is not None and "Async" in self.unittest_base(owner):
            runner = "unittest"
        elif scope.is_async:
            runner = "pytest-asyncio" if is_marked or hooked or self.options.asyncio_auto else "other"
        names = set(scope.params) - {"self"}
        for chain, call in marks:
            if chain[-1] == "usefixtures" and call is not None:
                names.update(filter(None, map(text, call.args)))
        nodeid = "::".join((scope.module.path, *scope.qualname.split(".")))
        loop_scope = own or hooked or self.default_loop_scope
        return Test(scope, nodeid, runner, loop_scope, bool(own or hooked), frozenset(names))


def is_below(directory: str, top: str) -> bool:
    """Tell whether a directory is `top`, or lies in it; "" is the root."""
    return not top or directory == top or directory.startswith(f"{top}/")
