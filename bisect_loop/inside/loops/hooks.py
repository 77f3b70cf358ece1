"""asyncio's own places where loops are made, end, and are touched.

Cheap on live loops: a guard on `create_future` and `create_task`, nothing on `call_soon`. A dead loop gets a
tombstone, an attribute of its own that records the touch and raises as before, so errors are seen that somebody
swallows on their way up.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import sys
import traceback
import weakref
from asyncio import base_events, base_subprocess, events, locks, runners, selector_events, streams, tasks
from threading import get_ident
from types import CoroutineType
from typing import Any, Callable

from .patches import PASSED_OVER, Patches
from .watch import CLOSED, FOREIGN, HELD, NO_LOOP, Watch

_running = events._get_running_loop
_closed_words = base_events.BaseEventLoop._check_closed  # type: ignore[attr-defined]
# All tasks of the process, where they are in a set: CPython 3.14 has lists of its own for its own kind of task.
_scheduled: Any = None if sys.version_info >= (3, 14) else getattr(tasks, "_scheduled_tasks", None)
if _scheduled is None and sys.version_info < (3, 12):
    _scheduled = getattr(tasks, "_all_tasks", None)
_eager: Any = getattr(tasks, "_eager_tasks", ())
_runs = getattr(getattr(getattr(runners, "Runner", None), "run", None), "__code__", None)  # from CPython 3.11 on


def install(watch: Watch, patches: Patches) -> None:
    """Watch everything that asyncio itself offers to be watched."""
    base = base_events.BaseEventLoop
    patches.wrap(base, "__init__", lambda original: _birth(watch, original))
    patches.wrap(base, "close", lambda original: _death(watch, original))
    patches.wrap(base, "create_future", lambda original: future_guard(watch, original))
    patches.wrap(base, "create_task", lambda original: task_site(watch, original))
    patches.wrap(runners, "_cancel_all_tasks", lambda original: _cancelling(watch, original))
    _primitives(watch, patches)
    _transports(watch, patches)
    _streams(watch, patches)
    for name in ("BaseDefaultEventLoopPolicy", "_BaseDefaultEventLoopPolicy"):
        policy = getattr(events, name, None)
        if policy is not None:
            patches.wrap(policy, "set_event_loop", lambda original: _current_set(watch, original))
            patches.wrap(policy, "get_event_loop", lambda original: _current_asked(watch, original))


def _birth(watch: Watch, original: Callable[..., None]) -> Callable[..., None]:
    @functools.wraps(original)
    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
        original(self, *args, **kwargs)
        if watch.active:
            watch.born(self)

    return __init__


def _death(watch: Watch, original: Callable[[Any], None]) -> Callable[[Any], None]:
    @functools.wraps(original)
    def close(self: Any) -> None:
        if not watch.active or self.is_closed():
            return original(self)
        known = watch.loop(self)
        if not known.cancelled:
            note_pending(watch, self)
        original(self)
        if self.is_closed():
            watch.died(known)

            # A class may have words of its own for it.
            words = None if type(self)._check_closed is _closed_words else weak_method(self, "_check_closed")

            def _check_closed() -> None:
                watch.touch(known, CLOSED, 2)
                if words is None:
                    raise RuntimeError("Event loop is closed")
                words()

            self._check_closed = _check_closed
            known.tombstones = ("_check_closed",)
        return None

    return close


def note_pending(watch: Watch, loop: Any) -> None:
    """Record the tasks of `loop` that did not end by themselves."""
    if _any_task():
        with contextlib.suppress(Exception):  # what was registered as a task may refuse to be asked
            watch.pending(loop, [task for task in asyncio.all_tasks(loop) if not task.done()])


def _any_task() -> bool:
    """Whether any loop of the process has a task, as far as that is cheap to say: mostly a loop that ends has none."""
    return _scheduled is None or bool(_scheduled.data) or bool(_eager)


def _cancelling(watch: Watch, original: Callable[[Any], None]) -> Callable[[Any], None]:
    @functools.wraps(original)
    def _cancel_all_tasks(loop: Any) -> None:
        if watch.active:
            note_pending(watch, loop)
            watch.loop(loop).cancelled = True  # it ends now: no need to look again when it closes
        original(loop)

    return _cancel_all_tasks


def future_guard(watch: Watch, original: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """On the class: asyncpg and others bind the method early, where a patch of the instance comes too late."""

    @functools.wraps(original)
    def create_future(self: Any) -> Any:
        if _running() is not self and watch.active:
            if self.is_closed():
                watch.touch(watch.loop(self), CLOSED, 2)
            elif _running() is not None:
                watch.touch(watch.loop(self), FOREIGN, 2)
        return original(self)

    return create_future


def task_site(watch: Watch, original: Callable[..., Any]) -> Callable[..., Any]:
    files = watch.files

    @functools.wraps(original)
    def create_task(self: Any, coro: Any, **kwargs: Any) -> Any:
        task = original(self, coro, **kwargs)
        made_at = getattr(task, "_source_traceback", None)
        if made_at and type(made_at) is traceback.StackSummary and made_at[-1].filename == PASSED_OVER:
            del made_at[-1]  # in debug mode a task shows who asked for it, which is not this frame
        # What a library runs for itself is not what anybody's module holds; and what the main thread waits for, as a
        # harness does for each test, is over before anybody else comes.
        if (
            type(coro) is CoroutineType
            and files[coro.cr_code.co_filename]
            and watch.active
            and (sys._getframe(1).f_code is not _runs or get_ident() != watch.main)
        ):
            watch.made.add(task, watch.event(1, self, most=2))
        return task

    return create_task


def _primitives(watch: Watch, patches: Patches) -> None:
    try:
        from asyncio import mixins
    except ImportError:  # before 3.10 primitives are bound where they are made: `makers` sees that
        mixins = None  # type: ignore[assignment]
    if mixins is not None:
        patches.wrap(mixins._LoopBoundMixin, "_get_loop", lambda original: _bound_primitive(watch, original))
    patches.wrap(locks.Lock, "acquire", lambda original: _acquire(watch, original))
    patches.wrap(locks.Semaphore, "acquire", lambda original: _acquire(watch, original))


def _bound_primitive(watch: Watch, original: Callable[[Any], Any]) -> Callable[[Any], Any]:
    @functools.wraps(original)
    def _get_loop(self: Any) -> Any:
        before = self._loop
        if before is None:
            loop = original(self)
            if watch.active and self._loop is not None:
                watch.bound.add(self, watch.event(1, self._loop))
            return loop
        if before is not _running() and watch.active:
            watch.touch(watch.loop(before), CLOSED if before.is_closed() else FOREIGN, 2, self)
        return original(self)

    return _get_loop


def _acquire(watch: Watch, original: Callable[[Any], Any]) -> Callable[[Any], Any]:
    @functools.wraps(original)
    async def acquire(self: Any) -> Any:
        if watch.watching() and self.locked():
            owner = watch.taken.get(self)
            if owner is not None and owner.test != watch.test:
                watch.touch(None, HELD, 2, self)
        taken = await original(self)
        if watch.active and self.locked():
            watch.taken.add(self, watch.event(1, _running()))
        return taken

    return acquire


def _transports(watch: Watch, patches: Patches) -> None:
    """A transport is the moment at which a client is bound to a loop."""
    kinds = [selector_events._SelectorTransport, base_subprocess.BaseSubprocessTransport]  # type: ignore[attr-defined]
    try:
        from asyncio import unix_events

        kinds += [unix_events._UnixReadPipeTransport, unix_events._UnixWritePipeTransport]  # type: ignore[attr-defined]
    except ImportError:
        pass  # Windows
    for kind in kinds:
        patches.wrap(kind, "__init__", lambda original: _bound_transport(watch, original))


def _bound_transport(watch: Watch, original: Callable[..., None]) -> Callable[..., None]:
    @functools.wraps(original)
    def __init__(self: Any, loop: Any, *args: Any, **kwargs: Any) -> None:
        original(self, loop, *args, **kwargs)
        if watch.active:
            watch.opened(self, loop, 1)

    return __init__


def _streams(watch: Watch, patches: Patches) -> None:
    """Where uvloop's C transports refuse work, this is the last Python that sees it."""

    def guarded(original: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(original)
        def write(self: Any, *args: Any, **kwargs: Any) -> Any:
            loop: Any = getattr(self, "_loop", None)
            if watch.active and _running() is not loop and issubclass(type(loop), events.AbstractEventLoop):
                if loop.is_closed():
                    watch.touch(watch.loop(loop), CLOSED, 2, self)
                elif _running() is not None:
                    watch.touch(watch.loop(loop), FOREIGN, 2, self)
            return original(self, *args, **kwargs)

        return write

    for name in ("write", "writelines"):
        patches.wrap(streams.StreamWriter, name, guarded)

    def opening(original: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(original)
        def __init__(self: Any, transport: Any, protocol: Any, reader: Any, loop: Any) -> None:
            original(self, transport, protocol, reader, loop)
            if watch.active:
                watch.opened(self, loop, 1)

        return __init__

    patches.wrap(streams.StreamWriter, "__init__", opening)


def _current_set(watch: Watch, original: Callable[[Any, Any], None]) -> Callable[[Any, Any], None]:
    @functools.wraps(original)
    def set_event_loop(self: Any, loop: Any) -> None:
        if watch.active and get_ident() == watch.main:  # another thread has a current loop of its own
            watch.unset = watch.event(1) if loop is None else None
        original(self, loop)

    return set_event_loop


# asyncio finds out whom to warn by leaving out frames of modules called asyncio.*: this frame has to be one.
_ASKED = """
def get_event_loop(self):
    try:
        return original(self)
    except RuntimeError:
        touched(self)
        raise
"""


def _current_asked(watch: Watch, original: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def touched(_policy: Any) -> None:
        if watch.active and get_ident() == watch.main:
            watch.touch(None, NO_LOOP, 3)

    names = {"__name__": "asyncio.events", "original": original, "touched": touched}
    exec(compile(_ASKED, events.__file__, "exec"), names)
    wrapper: Callable[[Any], Any] = names["get_event_loop"]  # type: ignore[assignment]
    return functools.wraps(original)(wrapper)


def weak_method(owner: Any, name: str) -> Callable[..., Any]:
    """The class's own method `name` of `owner`, called without keeping `owner` alive."""
    ref = weakref.ref(owner)
    function = getattr(type(owner), name)

    def call(*args: Any, **kwargs: Any) -> Any:
        alive = ref()
        if alive is None:
            raise RuntimeError("Event loop is closed")
        return function(alive, *args, **kwargs)

    return call
