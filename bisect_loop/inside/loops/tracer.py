"""The plugin of a traced trial: says where the run is, and records what the victim finds and touches."""

from __future__ import annotations

import functools
import sys
from typing import Any, Callable, Dict, Iterator, List, Optional, Set, Tuple

import pytest

from ..importing import Afterwards
from ..signature import Locator
from . import hooks, uv
from .holders import Census
from .makers import MAKERS, Makers
from .patches import Patches
from .sites import Stack
from .watch import HELD, NO_LOOP, Event, Loop, Watch, type_name

_MOST_TOUCHES = 30

Emit = Callable[..., None]


class Tracer:
    """Traces one trial for the test `victim`. `emit` writes an event; it is called with keywords only."""

    def __init__(self, victim: str, emit: Emit, locator: Locator) -> None:
        self.victim = victim
        self._emit = emit
        self._patches = Patches()
        self._watch = Watch(locator, victim)
        self._watch.touched = self._touched
        self._makers = Makers(self._watch, self._patches)
        self._imports = Afterwards({})
        self._modules = 0
        self._census: Optional[Census] = None
        self._touches: Dict[bool, Set[Tuple[int, str, str]]] = {}  # by whether they are the victim's
        self._session: Any = None

    def install(self) -> None:
        """Begin to trace."""
        watch = self._watch
        hooks.install(watch, self._patches)
        uv.install(watch, self._patches)
        makers = self._makers
        makers.imported()
        actions: Dict[str, Callable[[Any], object]] = {name: functools.partial(makers.patch, name) for name in MAKERS}
        actions["uvloop"] = lambda _: uv.install(watch, self._patches)
        self._imports = Afterwards(actions)
        self._imports.install()

    def restore(self) -> None:
        """Stop, and undo every patch."""
        self._watch.active = False
        self._watch.unbury()
        self._imports.restore()
        self._patches.restore()

    # Where the run is.

    # Plain hooks, which say when a phase begins: wrappers, which would see its end as well, cost ten times as much.

    @pytest.hookimpl(tryfirst=True)
    def pytest_collectstart(self, collector: pytest.Collector) -> None:
        # What a module does when it is imported.
        self._watch.test, self._watch.phase = collector.nodeid.partition("::")[0], "import"

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_finish(self) -> None:
        self._watch.test = self._watch.phase = ""

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> None:
        watch = self._watch
        watch.test = nodeid = item.nodeid  # asked once: pytest 9.2 builds it anew each time
        watch.phase = "setup"
        if len(sys.modules) != self._modules:
            self._look_for_imports()
        if nodeid == self.victim:
            self._session = item.session
            self._take_census(item)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_call(self) -> None:
        self._watch.phase = "call"

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_teardown(self) -> None:
        self._watch.phase = "teardown"

    def _look_for_imports(self) -> None:
        self._modules = len(sys.modules)
        self._makers.imported()
        uv.install(self._watch, self._patches)

    # What is recorded.

    def _fixture_values(self) -> Iterator[Tuple[str, Any]]:
        """The values of the user's fixtures that are set up now: those wider than a test."""
        seen = set()
        # Asked of the tests: how pytest's manager keeps the definitions differs from one of its versions to the next.
        for item in self._session.items:
            for name, definitions in _requested(item).items():
                for definition in definitions:
                    result = getattr(definition, "cached_result", None)
                    if result is None or id(definition) in seen:
                        continue
                    seen.add(id(definition))
                    if self._watch.locator.own(_file(definition.func)):
                        yield "<%s fixture %s>" % (definition.scope, name), result[0]

    def _take_census(self, item: pytest.Item) -> None:
        watch = self._watch
        self._emit(k="trace", what="fixtures", of=item.nodeid, fixtures=self._fixtures(item))
        if not watch.strangers() and not any(True for _ in watch.taken.alive()):
            return
        census = self._census = Census(watch)
        watch.active = False  # the walk must not trace itself
        try:
            census.take(self._fixture_values())
        finally:
            watch.active = True
        held = [{"loop": known.data(), "ways": census.ways[known.number]} for known in watch.known(census.ways)]
        self._emit(k="trace", what="census", held=held, stuck=census.held, waiting=census.waiting, cut=census.cut)

    def _fixtures(self, item: Any) -> List[Dict[str, Any]]:
        """The user's fixtures that a test requests, with their scopes."""
        found: List[Dict[str, Any]] = []
        for name, candidates in _requested(item).items():
            function = candidates[-1].func
            file = _file(function)
            own = self._watch.locator.own(file)
            if own is not None:
                code = getattr(function, "__code__", None)
                found.append(
                    {
                        "name": name,
                        "scope": str(candidates[-1].scope),
                        "loop_scope": getattr(function, "_loop_scope", None),
                        "at": "%s:%d" % (own, getattr(code, "co_firstlineno", 0)),
                    }
                )
        return found

    def _touched(self, loop: Optional[Loop], how: str, where: Stack, obj: Any) -> None:
        watch = self._watch
        if where.finalizer:
            return
        if loop is not None and loop.born is not None and loop.born.test == watch.test == self.victim:
            return  # the victim's own: whatever it does with that, nobody before it is to blame
        key = (0 if loop is None else loop.number, how, where.own[0][0] if where.own else "")
        seen = self._touches.setdefault(watch.test == self.victim, set())
        if key in seen or len(seen) >= _MOST_TOUCHES:
            return
        seen.add(key)
        more: Dict[str, Any] = {"test": watch.test}
        if how == NO_LOOP:
            more["unset"] = None if watch.unset is None else watch.unset.data()
        if obj is not None:
            more["type"] = type_name(type(obj))
            more["bound"] = next((event.data() for known, event in watch.bound.alive() if known is obj), None)
            more["made"] = next((event.data() for known, event in watch.made.alive() if known is obj), None)
            more["taken"] = _data(watch.taken.get(obj)) if how == HELD else None
        self._emit(
            k="trace",
            what="touch",
            how=how,
            loop=None if loop is None else loop.data(),
            phase=watch.phase,
            fixture=where.fixture,
            stack=where.own,
            libraries=where.libraries,
            **more,
        )


def _data(event: Optional[Event]) -> Optional[Dict[str, Any]]:
    return None if event is None else event.data()


def _requested(item: Any) -> Dict[str, Any]:
    """The definitions of the fixtures that a test requests, by name."""
    found: Dict[str, Any] = getattr(getattr(item, "_fixtureinfo", None), "name2fixturedefs", {})
    return found


def _file(function: Any) -> str:
    code = getattr(function, "__code__", None) or getattr(getattr(function, "__func__", None), "__code__", None)
    return str(getattr(code, "co_filename", ""))
