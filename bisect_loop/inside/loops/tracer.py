"""The plugin of a traced trial: says where the run is, and records what the victim finds and touches."""

from __future__ import annotations

import sys
from typing import Any, Callable, Dict, Iterator, List, Optional, Tuple

import pytest

from ..signature import Locator
from . import hooks, uv
from .holders import Census
from .makers import Makers
from .patches import Patches
from .sites import Stack
from .watch import Event, Loop, Watch, type_name

_MOST_TOUCHES = 30
_SHORT = 12  # in an order of no more tests than this the fixtures of all of them are recorded

Emit = Callable[..., None]


class Tracer:
    """Traces one trial for the test `victim`. `emit` writes an event; it is called with keywords only."""

    def __init__(self, victim: str, emit: Emit, locator: Locator) -> None:
        self.victim = victim
        self._emit = emit
        self._locator = locator
        self._patches = Patches()
        self._census: Optional[Census] = None
        self._touches: Dict[Tuple[int, str, str], int] = {}
        self._session: Any = None
        self._modules = 0
        self._makers: Optional[Makers] = None
        self._watch: Optional[Watch] = None

    def install(self) -> None:
        """Begin to trace."""
        self._watch = watch = Watch(self._locator, self.victim)
        watch.touched = self._touched
        hooks.install(watch, self._patches)
        uv.install(watch, self._patches)
        self._makers = Makers(watch, self._patches)
        self._makers.install()

    def restore(self) -> None:
        """Stop, and undo every patch."""
        if self._watch is not None:
            self._watch.active = False
        if self._makers is not None:
            self._makers.restore()
        self._patches.restore()

    # Where the run is.

    # Plain hooks, which say when a phase begins: wrappers, which would see its end as well, cost ten times as much.

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> None:
        if self._watch is not None:
            self._watch.test, self._watch.phase = item.nodeid, "setup"
        self._session = item.session
        self._imported()
        if item.nodeid == self.victim:
            self._take_census(item)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_call(self) -> None:
        if self._watch is not None:
            self._watch.phase = "call"

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_teardown(self) -> None:
        if self._watch is not None:
            self._watch.phase = "teardown"

    def _imported(self) -> None:
        if self._watch is not None and self._makers is not None and len(sys.modules) != self._modules:
            self._modules = len(sys.modules)
            self._makers.imported()
            uv.install(self._watch, self._patches)

    # What is recorded.

    def _fixture_values(self) -> Iterator[Tuple[str, Any]]:
        """The values of the fixtures that are set up now: those wider than a test."""
        manager = getattr(self._session, "_fixturemanager", None)
        for name, definitions in list(getattr(manager, "_arg2fixturedefs", {}).items()):
            for definition in definitions:
                result = getattr(definition, "cached_result", None)
                own = self._watch is not None and self._watch.locator.own(_file(definition.func))
                if result is not None and own:
                    yield "<%s fixture %s>" % (definition.scope, name), result[0]

    def _take_census(self, item: pytest.Item) -> None:
        watch = self._watch
        if watch is None:
            return
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
        self._emit(k="trace", what="census", held=held, stuck=census.held, cut=census.cut)

    def _fixtures(self, item: Any) -> List[Dict[str, Any]]:
        """The user's fixtures that a test requests, with their scopes."""
        found: List[Dict[str, Any]] = []
        definitions: Dict[str, Any] = getattr(getattr(item, "_fixtureinfo", None), "name2fixturedefs", {})
        for name, candidates in definitions.items():
            function = candidates[-1].func
            file = _file(function)
            own = self._watch.locator.own(file) if self._watch is not None else None
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
        if watch is None or where.finalizer or len(self._touches) >= _MOST_TOUCHES:
            return
        if loop is not None and loop.born is not None and loop.born.test == self.victim:
            return  # the victim's own: whatever it does with that, nobody before it is to blame
        key = (0 if loop is None else loop.number, how, where.own[0][0] if where.own else "")
        if key in self._touches:
            return
        self._touches[key] = 1
        more: Dict[str, Any] = {}
        if how == hooks.NO_LOOP:
            more["unset"] = None if watch.unset is None else watch.unset.data()
        if obj is not None:
            more["type"] = type_name(type(obj))
            more["bound"] = next((event.data() for known, event in watch.bound.alive() if known is obj), None)
            more["made"] = next((event.data() for known, event in watch.made.alive() if known is obj), None)
            more["taken"] = _data(watch.taken.get(obj)) if how == hooks.HELD else None
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


def _file(function: Any) -> str:
    code = getattr(function, "__code__", None) or getattr(getattr(function, "__func__", None), "__code__", None)
    return str(getattr(code, "co_filename", ""))
