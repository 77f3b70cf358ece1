"""Progress while a run goes on. A display hears what happens and decides nothing.

`PlainListener` writes a line for each stage, for logs; `BoardListener` keeps a few moving lines at the foot of a
terminal, with the best so far; `SilentListener` does nothing. All write elsewhere than the report does (standard
error), may be called from several threads, and are context managers that leave the terminal as it was.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Protocol, TypeVar

from bisect_loop.model import Finding, NodeId, OrderTried, Suite
from bisect_loop.redact import redact_finding, redact_text
from bisect_loop.report.entry import entries_of
from bisect_loop.report.escape import visible
from bisect_loop.report.words import count, duration, listed

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.live import Live

Clock = Callable[[], float]
C = TypeVar("C", bound="_Closing")

# How long a stage may last before a log gets another line about it, in seconds.
_SIGN_OF_LIFE = 30.0


class Listener(Protocol):
    """Hears how far a run has come."""

    def started(self, suite: Suite) -> None:
        """The suite is collected, and trials begin."""
        ...

    def order_finished(self, tried: OrderTried) -> None:
        """A whole order was run."""
        ...

    def narrowing(self, victim: NodeId, left: int, of: int, trials: int) -> None:
        """`left` of `of` tests may still be what breaks `victim`, after `trials` trials."""
        ...

    def confirming(self, victim: NodeId) -> None:
        """What was found for `victim` is tried in fresh processes."""
        ...

    def finding(self, found: Finding) -> None:
        """A finding is made."""
        ...

    def mending(self, found: Finding) -> None:
        """Fixes are tried for a finding."""
        ...

    def note(self, text: str) -> None:
        """Something that the reader must know."""
        ...

    def close(self) -> None:
        """No more is to come. Safe to call twice."""
        ...


class _Closing:
    def close(self) -> None:
        """Nothing to put back."""

    def __enter__(self: C) -> C:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class SilentListener(_Closing):
    """Says nothing."""

    def started(self, suite: Suite) -> None: ...

    def order_finished(self, tried: OrderTried) -> None: ...

    def narrowing(self, victim: NodeId, left: int, of: int, trials: int) -> None: ...

    def confirming(self, victim: NodeId) -> None: ...

    def finding(self, found: Finding) -> None: ...

    def mending(self, found: Finding) -> None: ...

    def note(self, text: str) -> None: ...


class PlainListener(_Closing):
    """Gives each stage a line, through `write`, which takes a line without its end."""

    def __init__(self, write: Callable[[str], None], *, clock: Clock = time.monotonic) -> None:
        self._write = write
        self._clock = clock
        self._lock = threading.RLock()
        self._pending = ""
        self._victim = ""
        self._since = self._said = 0.0

    def started(self, suite: Suite) -> None:
        self._line(started_line(suite))

    def order_finished(self, tried: OrderTried) -> None:
        self._line(order_line(tried))

    def narrowing(self, victim: NodeId, left: int, of: int, trials: int) -> None:
        with self._lock:
            now = self._clock()
            if victim != self._victim:
                self._line(f"looking into  {visible(victim)}")
                self._victim, self._since, self._said = victim, now, now
            # Only the last word of a stage makes a line, unless the stage is a long one.
            self._pending = f"{narrowing_line(left, of, trials)}, {duration(now - self._since)}"
            if now - self._said >= _SIGN_OF_LIFE:
                self._line()
                self._said = now

    def confirming(self, victim: NodeId) -> None:
        self._line(f"confirming    {visible(victim)} in fresh processes")

    def finding(self, found: Finding) -> None:
        self._line(finding_line(found))
        self._victim = ""

    def mending(self, found: Finding) -> None:
        self._line(f"trying fixes  {found.id}, on a copy of the tree")

    def note(self, text: str) -> None:
        self._line(f"note          {visible(redact_text(text))}")

    def close(self) -> None:
        self._line()

    def _line(self, line: str = "") -> None:
        with self._lock:
            pending, self._pending = self._pending, ""
            for each in (pending, line):
                if each:
                    self._write(each)


class BoardListener(_Closing):
    """Keeps the state of things at the foot of a terminal, and lets lines that stay scroll by above it."""

    def __init__(self, console: Console, *, clock: Clock = time.monotonic) -> None:
        self._console = console
        self._clock = clock
        self._lock = threading.RLock()
        self._live: Live | None = None
        self._victim = ""
        self._best = ""
        self._findings = 0
        # What _draw shows: the stage, since when it goes on, and further lines.
        self._board: tuple[str, float, tuple[str, ...]] = ("", 0.0, ())

    def started(self, suite: Suite) -> None:
        self._print(started_line(suite))
        self._show("running the suite in its first order")

    def order_finished(self, tried: OrderTried) -> None:
        self._print(order_line(tried))
        self._show("running the next order")

    def narrowing(self, victim: NodeId, left: int, of: int, trials: int) -> None:
        with self._lock:
            goes_on = victim == self._victim
            if not goes_on:
                self._victim, self._best = victim, ""
            if left < of:
                self._best = f"{visible(victim)}, broken by {left:,} of the {count(of, 'test')} before it"
            self._show(f"{narrowing_line(left, of, trials)}   {visible(victim)}", goes_on=goes_on)

    def confirming(self, victim: NodeId) -> None:
        self._show(f"confirming    {visible(victim)} in fresh processes")

    def finding(self, found: Finding) -> None:
        with self._lock:
            self._findings += found.confirmed
            self._victim = self._best = ""
            self._print(finding_line(found))
            self._show("looking at the next failure")

    def mending(self, found: Finding) -> None:
        self._show(f"trying fixes  {found.id}, on a copy of the tree")

    def note(self, text: str) -> None:
        self._print(f"note          {visible(redact_text(text))}")

    def close(self) -> None:
        with self._lock:
            live, self._live = self._live, None
        if live is not None:
            live.stop()

    def _print(self, line: str) -> None:
        from rich.text import Text

        # A Text, because "[param]" in an id is no markup; soft_wrap, because an id must not be cut.
        self._console.print(Text(line), soft_wrap=True, highlight=False)

    def _show(self, doing: str, *, goes_on: bool = False) -> None:
        from rich.live import Live

        with self._lock:
            since = self._board[1] if goes_on else self._clock()
            found = count(self._findings, "finding") + " so far" if self._findings else ""
            best = f"best so far   {self._best}" if self._best else ""
            self._board = (doing, since, tuple(line for line in (best, found) if line))
            if self._live is None:
                self._live = Live(console=self._console, transient=True, get_renderable=self._draw)
                self._live.start()
            self._live.refresh()

    def _draw(self) -> RenderableType:
        """Called by rich's own thread, under a lock of its own: taking ours here would be a deadlock."""
        from rich.console import Group
        from rich.text import Text

        doing, since, more = self._board
        lines = (f"{doing}   {duration(self._clock() - since)}", *more)
        return Group(*(Text(line, style="dim", overflow="fold") for line in lines))


def started_line(suite: Suite) -> str:
    """Say what is looked at."""
    plugins = f", {', '.join(suite.plugins)}" if suite.plugins else ""
    return visible(f"{count(len(suite.nodeids), 'test')}, python {suite.python}, pytest {suite.pytest}{plugins}")


def order_line(tried: OrderTried) -> str:
    """Say how one order went."""
    verdict = count(len(tried.failed), "failure") if tried.failed else "ok"
    if tried.ending != "finished":
        verdict = f"{verdict}, {tried.ending}" if tried.failed else tried.ending
    return visible(f"order         {tried.name} {verdict}")


def narrowing_line(left: int, of: int, trials: int) -> str:
    """Say how far the narrowing has come."""
    return f"narrowing     {left:,} of {count(of, 'test')} left, {count(trials, 'trial')}"


def finding_line(found: Finding) -> str:
    """Say in one line what was found, as the report's heading will."""
    (entry,) = entries_of([redact_finding(found)])
    subject = "".join(piece.text for piece in entry.subject)
    objects = listed(["".join(piece.text for piece in line) for line in entry.objects])
    return " ".join(part for part in (f"{entry.label.lower():13} {entry.id}", subject, entry.claim, objects) if part)
