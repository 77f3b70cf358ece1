"""Who holds a loop: ways through the object graph from the user's modules to it, shortest first.

One breadth-first walk, bounded in objects and in time, finds the ways to all loops at once. While it lasts it
holds what it has seen, which is what makes addresses usable as names there, and nowhere else.
"""

from __future__ import annotations

import asyncio
import collections
import contextvars
import logging
import signal
import sys
import threading
import types
from typing import Any, Callable, Deque, Dict, Iterable, Iterator, List, Set, Tuple

from .. import record
from ..graph import Edge, Graph, module_items
from ..ownership import Ownership
from .makers import watches
from .watch import Event, Watch, type_name

MOST_OBJECTS = 150_000
MOST_SECONDS = 1.5
_MOST_WAYS = 16
_MOST_OTHERS = 8
_LONGEST = 24
# Containers and frameworks: what they hold is somebody else's.
_PASSED = (
    *("builtins", "collections", "types", "functools", "contextvars", "weakref", "dataclasses", "typing", "enum"),
    *("fastapi", "starlette", "quart", "sanic", "litestar", "flask", "django", "pydantic", "logging", "threading"),
    *("unittest", "pytest", "_pytest", "inspect", "abc", "contextlib", "_contextvars", "dishka", "dependency_injector"),
)


def _signal_handlers() -> Iterator[Edge]:
    for number in range(1, signal.NSIG):
        try:
            handler = signal.getsignal(number)
        except (ValueError, OSError):
            continue
        if handler is not None and not isinstance(handler, (int, signal.Handlers)):
            yield "<signal %d>" % number, handler


def other_roots(fixtures: Iterable[Edge]) -> Iterator[Edge]:
    """What lives as long as the process, or longer than a test, besides modules."""
    yield from fixtures
    loggers = [logging.root, *logging.Logger.manager.loggerDict.values()]
    for logger in loggers:
        if isinstance(logger, logging.Logger) and logger.handlers:
            yield "<logger %s>" % logger.name, list(logger.handlers)
    for thread in threading.enumerate():
        if thread is not threading.main_thread():
            yield "<thread %s>" % thread.name, thread
    yield from _signal_handlers()
    for variable, value in list(contextvars.copy_context().items()):
        yield "<context variable %s>" % variable.name, value
    yield "<sys.excepthook>", sys.excepthook


class Step:
    """One step of a way: the text behind what came before it, and the object that it leads to."""

    __slots__ = ("label", "obj")

    def __init__(self, label: str, obj: Any) -> None:
        self.label = label
        self.obj = obj


class Census:
    """The ways to every loop that can be reached, as they are at one moment."""

    def __init__(self, watch: Watch) -> None:
        self._watch = watch
        self.own = Ownership(watch.locator)
        self._graph = Graph(self.own)
        self._objects: Dict[int, Any] = {}
        self._parents: Dict[int, List[Tuple[int, str]]] = {}
        self._roots: Dict[int, Tuple[str, str]] = {}  # address -> name, file
        self.cut = False
        self.ways: Dict[int, List[Dict[str, Any]]] = {}  # by the number of the loop
        self.held: List[Dict[str, Any]] = []  # locks that somebody took and never gave back
        self.waiting: List[Dict[str, Any]] = []  # what a task of an earlier test still waits for

    def take(self, fixtures: Iterable[Edge]) -> None:
        """Walk, and keep only the descriptions of what was found."""
        tasks = self._waiting_tasks()
        walker = _Walk(self._graph, self._objects, self._parents, {id(waiter) for _, _, waiter in tasks})
        for name, module in self.own.modules():
            self._roots[id(module)] = (name, self.own.file(module))
            self._objects[id(module)] = module
            for label, value in module_items(module):
                walker.add(id(module), label, value)
        for name, value in other_roots(fixtures):
            marker = types.SimpleNamespace()
            self._roots[id(marker)] = (name, "")
            self._objects[id(marker)] = marker
            walker.add(id(marker), "", value)
        self.cut = not walker.run()
        try:
            self._describe(walker, tasks)
        finally:
            self._objects.clear()
            self._parents.clear()

    @property
    def size(self) -> int:
        return len(self._objects)

    def _waiting_tasks(self) -> List[Tuple[Any, Event, Any]]:
        """The user's tasks that run on, each with the future that it waits for in the end."""
        found = []
        kind = asyncio.Task  # its own methods, whatever a subclass answers
        for task, event in self._watch.made.alive():
            if issubclass(type(task), kind) and not kind.done(task) and not kind.get_loop(task).is_closed():
                waiter = getattr(task, "_fut_waiter", None)
                for _ in range(_LONGEST):  # a task may wait for another one, and that one for the first
                    if not issubclass(type(waiter), kind):
                        break
                    waiter = getattr(waiter, "_fut_waiter", None)
                if waiter is not None and not issubclass(type(waiter), kind):
                    found.append((task, event, waiter))
        return found

    def _describe(self, walker: _Walk, tasks: List[Tuple[Any, Event, Any]]) -> None:
        made = {id(obj): event for obj, event in self._watch.made.alive()}
        bound = {id(obj): event for obj, event in self._watch.bound.alive()}
        taken = {id(lock): event for lock, event in self._watch.taken.alive()}
        for loop in walker.loops:
            number = self._watch.loop(loop).number
            ways = self.ways.setdefault(number, [])
            seen = set()
            for parent, label in self._parents[id(loop)]:
                chain = [*self._chain(parent), Step(label, loop)]
                head = self._head(chain)
                if id(chain[head].obj) in seen or len(ways) >= _MOST_WAYS:
                    continue
                seen.add(id(chain[head].obj))
                ways.append(self._way(chain, head, made, bound))
        for lock in walker.locks:
            owner = taken.get(id(lock))
            if owner is not None and lock.locked():
                chain = self._chain(id(lock))
                head = self._head(chain)
                self.held.append({**self._way(chain, head, made, bound), "taken": owner.data()})
        for task, event, waiter in tasks[:_MOST_WAYS]:
            if id(waiter) in self._parents:
                chain = self._chain(id(waiter))
                way = self._way([*chain, Step("<task>", task)], self._head(chain), made, bound)
                known = self._watch.loop(task.get_loop())
                self.waiting.append({**way, "taken": event.data(), "loop": known.data()})

    def _chain(self, address: int) -> List[Step]:
        steps: List[Step] = []
        while address not in self._roots and len(steps) < _LONGEST:
            parent, label = self._parents[address][0]
            steps.append(Step(label, self._objects[address]))
            address = parent
        steps.append(Step(self._roots.get(address, ("...", ""))[0], self._objects[address]))
        return steps[::-1]

    def _users(self, obj: Any) -> bool:
        """Whether an object is the user's, or a container or framework object that holds the user's."""
        kind = type(obj)
        if kind in (types.FunctionType, types.MethodType, types.CellType, type) or self.own(kind):
            return True
        module = getattr(kind, "__module__", "")
        return not isinstance(module, str) or module.partition(".")[0] in _PASSED

    def _plainly(self, obj: Any) -> bool:
        """Whether an object is the user's or a bare container: frameworks have many names for what they hold."""
        kind = type(obj)
        return self._users(obj) and (self.own(kind) or getattr(kind, "__module__", "") in ("builtins", "collections"))

    def _head(self, chain: List[Step]) -> int:
        """Where on a way the user's objects end: the index of the first object that a library made."""
        return next((index for index, step in enumerate(chain) if index and not self._users(step.obj)), len(chain) - 1)

    def _holder(self, chain: List[Step], head: int) -> str:
        """The name of what holds the object at `head`: an object of the user's, or a place in a module or container."""
        parent = chain[head - 1].obj if head > 1 else None
        instance = (
            parent is not None and not issubclass(type(parent), (type, types.FunctionType)) and self.own(type(parent))
        )
        return "".join(step.label for step in chain[: head if instance else head + 1])

    def _others(self, chain: List[Step], head: int) -> List[Dict[str, str]]:
        """Further holders of the object at `head`: other references to it, or to what leads to it."""
        found: Dict[str, Dict[str, str]] = {}
        down = {id(step.obj) for step in chain[1:]}
        for index in range(1, head + 1):
            for parent, label in self._parents[id(chain[index].obj)][1:]:
                way = self._chain(parent)
                if id(way[-1].obj) in down or not all(id(s.obj) in down or self._plainly(s.obj) for s in way[1:]):
                    continue
                whole = [*way, Step(label, chain[index].obj), *chain[index + 1 : head + 1]]
                name = self._holder(whole, len(whole) - 1)
                found.setdefault(name, self._root(whole, name))
                if len(found) == _MOST_OTHERS:
                    return list(found.values())
        return list(found.values())

    def _root(self, chain: List[Step], name: str) -> Dict[str, str]:
        """A holder with the file of its module and the name that it has there."""
        file = self._roots.get(id(chain[0].obj), ("", ""))[1]
        return {"holder": name, "file": file, "name": chain[1].label[1:] if len(chain) > 1 else ""}

    def _way(self, chain: List[Step], head: int, made: Dict[int, Event], bound: Dict[int, Event]) -> Dict[str, Any]:
        steps: List[Dict[str, Any]] = []
        for index, step in enumerate(chain):
            kind = type(step.obj)
            data: Dict[str, Any] = {"label": step.label, "type": type_name(kind), "own": index == 0 or self.own(kind)}
            event = made.get(id(step.obj)) or self._by_type(kind)
            if event is not None:
                data["made"] = event.data()
            elif watches(kind):
                data["early"] = True  # made before the trace began
            if id(step.obj) in bound:
                data["bound"] = bound[id(step.obj)].data()
            if issubclass(kind, asyncio.Task):
                code = getattr(step.obj.get_coro(), "cr_code", None)
                data["task"] = getattr(code, "co_qualname", getattr(code, "co_name", ""))
            steps.append(data)
        return {
            "steps": steps,
            "head": head,
            "holders": [self._root(chain, self._holder(chain, head)), *self._others(chain, head)],
        }

    def _by_type(self, kind: type) -> Any:
        events = self._watch.made.by_type.get(type_name(kind))
        return events[-1] if events else None


class _Walk:
    """One walk, breadth first."""

    def __init__(
        self, graph: Graph, objects: Dict[int, Any], parents: Dict[int, List[Tuple[int, str]]], ends: Set[int]
    ) -> None:
        """`ends` are addresses of what is looked for besides loops and locks, and kept alive by the caller."""
        self._graph = graph
        self._ends = ends
        self._objects = objects
        self._parents = parents
        self._queue: Deque[int] = collections.deque()
        self.loops: List[Any] = []
        self.locks: List[Any] = []

    def add(self, parent: int, label: str, obj: Any) -> None:
        address = id(obj)
        known = self._parents.get(address)
        if known is not None:
            if issubclass(type(obj), asyncio.AbstractEventLoop) or len(known) < 6:
                known.append((parent, label))
            return
        if address in self._objects or (address not in self._ends and self._graph.skips(obj)):
            return
        self._objects[address] = obj
        self._parents[address] = [(parent, label)]
        if issubclass(type(obj), asyncio.AbstractEventLoop):
            self.loops.append(obj)
            return
        if issubclass(type(obj), (asyncio.Lock, asyncio.Semaphore)):
            self.locks.append(obj)
        self._queue.append(address)

    def run(self, clock: Callable[[], float] = record.now) -> bool:
        """Walk to the end; False where a bound came first."""
        deadline = clock() + MOST_SECONDS
        while self._queue:
            address = self._queue.popleft()
            for label, value in self._graph.edges(self._objects[address]):
                self.add(address, label, value)
            if len(self._objects) > MOST_OBJECTS or (len(self._queue) % 64 == 0 and clock() > deadline):
                return False
        return True
