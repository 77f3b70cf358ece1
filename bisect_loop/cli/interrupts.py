"""Ctrl-C, SIGTERM and SIGHUP: each run is interrupted once, and only where that loses nothing.

A signal raises KeyboardInterrupt. After `hold` it waits instead, and is raised at the next `released` block: so a
report that is being written is written to its end. The second signal is nothing new, since the end is near anyway.
"""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType

_NAMES = ("SIGINT", "SIGTERM", "SIGHUP")


@dataclass(slots=True)
class _State:
    arrived: bool = False
    raised: bool = False
    held: bool = False

    def deliver(self) -> None:
        if self.arrived and not self.held and not self.raised:
            self.raised = True
            raise KeyboardInterrupt


_state = _State()


def _handle(_number: int, _frame: FrameType | None) -> None:
    _state.arrived = True
    _state.deliver()


def install() -> None:
    """Take the signals over, those apart that our parent told us to ignore (nohup, a background job)."""
    _state.arrived = _state.raised = _state.held = False
    for name in _NAMES:
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _handle)


def hold() -> None:
    """From now on a signal waits for a `released` block."""
    _state.held = True


@contextmanager
def released() -> Iterator[None]:
    """In here a signal, also one that came before, raises KeyboardInterrupt; behind it signals wait again."""
    _state.held = False
    try:
        _state.deliver()
        yield
    finally:
        _state.held = True
