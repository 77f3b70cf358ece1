"""What the tracer knows: loops by number, where objects were made and bound, what was touched."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import itertools
import threading
import weakref
from types import CoroutineType
from typing import Any, Callable, Dict, Generic, Iterator, List, NamedTuple, Optional, Sequence, Tuple, TypeVar

from ..signature import Locator
from .sites import Files, Line, Stack, look, stack, written

T = TypeVar("T")

CLOSED = "closed"  # the loop is closed
FOREIGN = "foreign"  # another loop runs
NO_LOOP = "no loop"  # the thread's current loop was taken away
HELD = "held"  # a lock that a task of another loop took and never gave back

# What has died is forgotten when there are about this many: kept longer, it costs the collector more than this does.
_FEW = 128


class Marks(Generic[T]):
    """Something known of objects, which are neither kept alive nor hashed nor compared.

    An address only finds the entry; the weak reference in it says whether it is that object still.
    """

    def __init__(self) -> None:
        self._entries: Dict[int, Tuple[Any, T]] = {}
        self._full = _FEW
        # Of objects that take no weak reference (asyncpg.Pool has slots): by the name of their type.
        self.by_type: Dict[str, List[T]] = {}

    def add(self, obj: Any, known: T) -> None:
        """What is known of `obj` from now on."""
        try:
            self._entries[id(obj)] = (weakref.ref(obj), known)
        except TypeError:
            self.by_type.setdefault(type_name(type(obj)), []).append(known)
            return
        if len(self._entries) > self._full:
            self._forget()

    def _forget(self) -> None:
        # Of a copy: other threads add meanwhile, and so does a finalizer that the collector calls in between.
        for key, entry in self._entries.copy().items():
            if entry[0]() is None and self._entries.get(key) is entry:
                self._entries.pop(key, None)
        self._full = 2 * len(self._entries) + _FEW

    def get(self, obj: Any) -> Optional[T]:
        """What is known of `obj` itself."""
        entry = self._entries.get(id(obj))
        return entry[1] if entry is not None and entry[0]() is obj else None

    def alive(self) -> Iterator[Tuple[Any, T]]:
        """Each object that is still there, held while it is looked at."""
        for ref, known in self._entries.copy().values():
            obj = ref()
            if obj is not None:
                yield obj, known


def type_name(kind: type) -> str:
    """The qualified name of a class, which may lie about its module."""
    return "%s.%s" % (getattr(kind, "__module__", "?"), getattr(kind, "__qualname__", "?"))


class Event(NamedTuple):
    """When something happened (in which test, phase and fixture) and the user's lines that led there.

    `loop` is the number of the loop that runs or is bound to.
    """

    test: str
    phase: str
    fixture: str
    lines: Sequence[Line]
    loop: int

    def data(self) -> Dict[str, Any]:
        place = {"test": self.test, "phase": self.phase, "fixture": self.fixture}
        return {**place, "stack": written(self.lines), "loop": self.loop}


# Called for each loop and task: this makes an Event in one step, without a call of Python's in between.
_event: Callable[[Tuple[str, str, str, Sequence[Line], int]], Event] = functools.partial(tuple.__new__, Event)


class Loop:
    """One event loop, from its birth to its death. `kind` is a weak reference to its class."""

    # What most loops never have is the class's, so that a birth costs little.
    died: Optional[Event] = None
    cancelled = False  # its tasks were, by asyncio's own runner
    tombstones: Sequence[str] = ()  # attributes of its own that it got when it died
    pending: Sequence[Dict[str, Any]] = ()
    binds: Sequence[Event] = ()  # the first transports that the user's lines opened on it

    def __init__(self, number: int, kind: Callable[[], Optional[type]], born: Optional[Event]) -> None:
        self.number = number
        self.kind = kind
        self.born = born

    def data(self) -> Dict[str, Any]:
        kind = self.kind()
        return {
            "number": self.number,
            "kind": "?" if kind is None else type_name(kind),
            "born": None if self.born is None else self.born.data(),
            "died": None if self.died is None else self.died.data(),
            "pending": list(self.pending),
            "binds": [event.data() for event in self.binds],
        }


class _Loops(Marks[Loop]):
    """All loops there are, by numbers in the order in which they were first seen."""

    def __init__(self) -> None:
        super().__init__()
        self._numbers = itertools.count(1)

    def born(self, loop: Any, event: Optional[Event]) -> Loop:
        known = Loop(next(self._numbers), weakref.ref(type(loop)), event)
        self.add(loop, known)
        return known

    def known(self, loop: Any) -> Loop:
        """What is known of `loop`; one that was there before the tracer has no birth."""
        entry = self._entries.get(id(loop))  # as `get` does it
        return entry[1] if entry is not None and entry[0]() is loop else self.born(loop, None)


_MOST_PENDING = 8


class Watch:
    """The tracer's memory, and the place where the run is now.

    `victim` is the test whose touches count; `touched` is called with each of them.
    """

    def __init__(self, locator: Locator, victim: str) -> None:
        self.locator = locator
        self.victim = victim
        self.active = True
        self.main = threading.get_ident()
        self.test = ""
        self.phase = ""
        self.touched: Callable[[Optional[Loop], str, Stack, Any], None] = lambda *_: None
        self.made: Marks[Event] = Marks()
        self.bound: Marks[Event] = Marks()
        self.taken: Marks[Event] = Marks()  # locks: who took them last
        self.unset: Optional[Event] = None  # who took the main thread's current loop away
        self._loops = _Loops()
        self.loop = self._loops.known
        self.files = Files(locator)
        self._in_touch = False

    def event(self, depth: int, loop: Any = None, most: int = 6) -> Event:
        """What happens now, seen from the caller at `depth` 1."""
        lines, fixture = look(self.files, depth + 2, most)
        return _event((self.test, self.phase, fixture, lines, 0 if loop is None else self.loop(loop).number))

    # Loops.

    def born(self, loop: Any) -> None:
        """`loop` has come into being."""
        self._loops.born(loop, self.event(2))

    def opened(self, transport: Any, loop: Any, depth: int) -> None:
        """`transport` is bound to `loop` from now on."""
        event = self.event(depth + 1, loop)
        self.bound.add(transport, event)
        known = self.loop(loop)
        if event.lines and len(known.binds) < 3:
            known.binds = (*known.binds, event)

    def died(self, known: Loop) -> None:
        """The loop that `known` describes is closed now."""
        if known.died is None:
            known.died = _event((self.test, self.phase, "", (), 0))

    def unbury(self) -> None:
        """Take the tombstones off the dead loops that are still there."""
        for loop, known in self._loops.alive():
            for name in known.tombstones:
                vars(loop).pop(name, None)

    def pending(self, loop: Any, tasks: List[Any]) -> None:
        """`tasks` were alive when `loop` came to its end."""
        known = self.loop(loop)
        known.pending = (*known.pending, *map(self._described, tasks))[:_MOST_PENDING]

    def _described(self, task: Any) -> Dict[str, str]:
        coroutine = task.get_coro() if isinstance(task, asyncio.Task) else None  # anything can be registered as a task
        code: Any = coroutine.cr_code if type(coroutine) is CoroutineType else None
        own = None if code is None else self.locator.own(code.co_filename)
        name = getattr(code, "co_qualname", getattr(code, "co_name", "?"))
        return {"name": name, "at": "%s:%d" % (own, code.co_firstlineno) if own else ""}

    def strangers(self) -> bool:
        """Whether any loop of an earlier test is there, dead or alive."""
        return any(True for _ in self._loops.alive())

    def known(self, numbers: Any) -> List[Loop]:
        """The loops with these numbers that are still there."""
        return [known for _, known in self._loops.alive() if known.number in numbers]

    # Touches.

    def watching(self) -> bool:
        """Whether what is touched now is the victim's doing."""
        return self.test == self.victim and self.active and not self._in_touch

    def touch(self, loop: Optional[Loop], how: str, depth: int, obj: Any = None) -> None:
        """A test used something of a loop that is dead or not the one that runs. Never raises.

        What earlier tests touch counts where they use the loop of somebody else, because that may leave it broken.
        """
        if not self.active or self._in_touch or self.phase not in ("setup", "call", "teardown"):
            return
        if self.test != self.victim and how != FOREIGN:
            return
        self._in_touch = True
        try:
            with contextlib.suppress(Exception):  # the user's error goes on, whatever becomes of its record
                self.touched(loop, how, stack(self.files, depth + 1), obj)
        finally:
            self._in_touch = False
