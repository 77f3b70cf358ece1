"""Which earlier tests the evidence of one run points at.

A census of what is left behind is noisy (most of it is harmless), so what the victim itself touched goes first.
Evidence ranks; only trials accuse.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bisect_loop.model import NodeId
from bisect_loop.provenance.record import Happening, SeenLoop, TraceRecord, Way
from bisect_loop.provenance.resources import same_library

_MOST_TOUCHED = 4
_MOST_HELD = 3


def suspects(record: TraceRecord, before: Sequence[NodeId]) -> list[NodeId]:
    """Return the tests of `before` that the record points at, the likeliest first, at most seven."""
    present = set(before)
    found: list[NodeId] = []
    for test in _touched(record):
        if test in present and test not in found and len(found) < _MOST_TOUCHED:
            found.append(test)
    most = len(found) + _MOST_HELD
    for test in _held(record):
        if test in present and test not in found and len(found) < most:
            found.append(test)
    return found


def _touched(record: TraceRecord) -> Iterator[NodeId]:
    for touch in record.touches:
        for event in (touch.taken, touch.bound, touch.unset):
            yield from _test(event)
        if touch.loop is not None:
            ways = record.ways(touch.loop.number)
            near = [way for way in ways if same_library(way, touch.libraries)] or list(ways)
            yield from _of(touch.loop, near)
    for touch in record.touches:
        yield from _test(touch.made)
    for touch in record.misuses:
        yield touch.test


def _held(record: TraceRecord) -> Iterator[NodeId]:
    for way in (*record.stuck, *record.waiting):
        yield from _test(way.taken)
    dead = [(loop, ways) for loop, ways in record.held if loop.died is not None and ways]
    for loop, ways in sorted(dead, key=lambda pair: -pair[0].number):  # the loop that died last comes first
        yield from _of(loop, ways)
    for loop, ways in record.held:
        if loop.died is None:  # a loop that several tests share: whoever bound something to it may have left it busy
            for way in ways:
                for step in way.steps:
                    yield from _test(step.bound)


def _of(loop: SeenLoop, ways: Sequence[Way]) -> Iterator[NodeId]:
    """The tests behind one loop: who bound something to it, who made it, who made what is bound."""
    for way in ways:
        for step in way.steps:
            if step.bound is not None and step.bound.loop in (0, loop.number):
                yield from _test(step.bound)
    yield from _test(loop.born)
    for way in ways:
        for step in way.steps:
            yield from _test(step.made)


def _test(event: Happening | None) -> Iterator[NodeId]:
    if event is not None and event.test:
        yield event.test
