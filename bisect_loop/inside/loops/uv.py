"""uvloop: the loop is C, so what can be watched are the methods of its one Python class."""

from __future__ import annotations

import functools
import sys
from typing import Any, Callable

from .hooks import future_guard, note_pending, task_site, weak_method
from .patches import Patches
from .watch import CLOSED, Watch

_DEAD = (
    *("call_soon", "call_soon_threadsafe", "call_later", "call_at", "create_task", "run_in_executor"),
    *("create_connection", "create_unix_connection", "create_server", "add_reader", "add_writer", "getaddrinfo"),
)


def install(watch: Watch, patches: Patches) -> None:
    """Watch uvloop, where the process has imported it."""
    loop = getattr(sys.modules.get("uvloop"), "Loop", None)
    if loop is None or getattr(loop.close, "_bisect_loop", False):
        return
    patches.wrap(loop, "__init__", lambda original: _birth(watch, original))
    patches.wrap(loop, "close", lambda original: _death(watch, original))
    patches.wrap(loop, "create_future", lambda original: future_guard(watch, original))
    patches.wrap(loop, "create_task", lambda original: task_site(watch, original))


def _birth(watch: Watch, original: Callable[..., None]) -> Callable[..., None]:
    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
        original(self, *args, **kwargs)
        if watch.active:
            watch.born(self)

    return __init__


def _death(watch: Watch, original: Callable[[Any], None]) -> Callable[[Any], None]:
    def close(self: Any) -> None:
        if not watch.active or self.is_closed():
            return original(self)
        known = watch.loop(self)
        if not known.cancelled:
            note_pending(watch, self)
        original(self)
        if self.is_closed():
            watch.died(known)
            known.tombstones = _DEAD
            for name in _DEAD:
                if hasattr(type(self), name):
                    setattr(self, name, _tombstone(watch, self, name))
        return None

    close._bisect_loop = True  # type: ignore[attr-defined]
    return close


def _tombstone(watch: Watch, loop: Any, name: str) -> Callable[..., Any]:
    known = watch.loop(loop)
    method = weak_method(loop, name)

    @functools.wraps(getattr(type(loop), name))
    def touched(*args: Any, **kwargs: Any) -> Any:
        watch.touch(known, CLOSED, 2)
        return method(*args, **kwargs)

    return touched
