"""From the record of a confirmed order to why it fails: what is held, by whom, made where, dead since when."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from bisect_loop.model import (
    CURRENT_LOOP,
    FAMILY_ASSERTION,
    FAMILY_CROSS_LOOP,
    FAMILY_HANG,
    LOOP,
    Cause,
    Change,
    NodeId,
    Signature,
)
from bisect_loop.provenance.gates import gates
from bisect_loop.provenance.record import (
    HELD,
    IMPORT,
    NO_LOOP,
    Fixture,
    Happening,
    Held,
    SeenLoop,
    Site,
    Touch,
    TraceRecord,
    Way,
)
from bisect_loop.provenance.resources import label, resource, same_library, weight
from bisect_loop.provenance.source import Sources
from bisect_loop.scan import WireUp

_STATE = re.compile(r"\._state\['(\w+)'\]")
# What a victim shows that waits for a task, a lock or a queue of a dead loop.
WAITED_IN_VAIN = ("TimeoutError", "CancelledError", "QueueEmpty", "QueueFull", "InvalidStateError")

# What only a running loop can make is made where it is bound; whoever holds it may have been made long before.
_MADE_ON_A_LOOP = ("asyncio.streams.", "asyncio.subprocess.")


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why an order fails, with all that a fix can be made from.

    `holders` are every dotted path to the resource, the first the one to name. `made` is the wire-up: where the
    constructor was called (None where that was at import, and `stored` then has the line). `bound` is when it was
    bound to the loop. `gates` are environment variables without which it is not made. `rivals` are plain changes that
    may be the reason in its stead.
    """

    resource: str
    type: str
    holders: tuple[Held, ...]
    made: Happening | None
    bound: Happening | None
    stored: Site | None
    loop: SeenLoop | None
    touch: Touch | None
    way: Way | None
    wire_up: WireUp | None
    gates: tuple[str, ...]
    fixtures: tuple[tuple[NodeId, tuple[Fixture, ...]], ...]
    confidence: Literal["proved", "likely"]
    rivals: tuple[Change, ...] = ()
    kept: Site | None = None  # where an object of the user's stores the loop itself
    failed_at: str = ""  # the line of the failure, where it speaks of loops

    @property
    def site(self) -> Site | None:
        """The wire-up line."""
        if self.made is not None and self.made.site is not None:
            return self.made.site
        if self.stored is not None:
            return self.stored
        if self.bound is not None and self.bound.site is not None:
            return self.bound.site
        return None

    @property
    def taken(self) -> Happening | None:
        """Who took a lock and kept it."""
        kept = self.touch.taken if self.touch is not None else None
        if kept is None and self.way is not None and self.way.loop is None:  # else it is whose task runs on
            kept = self.way.taken
        return kept

    @property
    def _used_at(self) -> str:
        if self.touch is not None and self.touch.sites:
            return self.touch.sites[0].at
        return self.failed_at if self.touch is None or not self.touch.test else ""

    @property
    def _at_import(self) -> bool:
        if self.made is not None:
            return self.made.phase == IMPORT
        return self.stored is not None and self.site is self.stored and self.stored.function in ("", "<module>")

    @property
    def bound_by(self) -> NodeId:
        for event in (self.bound, None if self.loop is None else self.loop.born, self.made):
            if event is not None and event.test:
                return event.test
        return ""

    def cause(self) -> Cause:
        """What reports say."""
        site = self.site or self.kept
        loop = self.loop
        taken = self.taken
        return Cause(
            resource=self.resource,
            holder=self.holders[0].holder if self.holders else "",
            bound_at="" if site is None else site.at,
            bound_by=self.bound_by,
            loop_made_by="" if loop is None or loop.born is None else loop.born.test,
            loop_closed_after="" if loop is None or loop.died is None else loop.died.test,
            used_at=self._used_at,
            confidence=self.confidence,
            function="" if site is None or site.function == "<module>" else site.function,
            also_held_by=tuple(held.holder for held in self.holders[1:]),
            gates=self.gates,
            used_by="" if self.touch is None else self.touch.test,
            loop_open=loop is not None and loop.died is None,
            at_import=self._at_import,
            taken_by="" if taken is None else taken.test,
            taken_at="" if taken is None or taken.site is None else taken.site.at,
        )


def explain(
    record: TraceRecord, polluters: Sequence[NodeId], signature: Signature, sources: Sources, *, plainer: bool = False
) -> Explanation | None:
    """Say why the order that was traced fails; None where the record does not say.

    `polluters` are the tests that were seen to be needed: what others left behind is not to blame. With `plainer`
    there is a plainer explanation than a census (a changed value that the victim looks at).
    """
    found = _found(record, polluters, signature, sources, plainer=plainer)
    if found is None or signature.family != FAMILY_CROSS_LOOP:
        return found
    return replace(found, failed_at=signature.where)


def _found(
    record: TraceRecord, polluters: Sequence[NodeId], signature: Signature, sources: Sources, *, plainer: bool
) -> Explanation | None:
    guilty = set(polluters)
    touches: Sequence[Touch] = record.touches
    if signature.family == FAMILY_CROSS_LOOP:  # a lock that somebody kept says nothing of loops
        touches = sorted(touches, key=lambda touch: touch.how == HELD)
    for touch in touches:
        if touch.how == NO_LOOP and signature.family != FAMILY_CROSS_LOOP:
            continue  # many ask whether there is one, and go on where there is none
        found = _by_touch(record, touch, guilty, sources)
        if found is not None:
            return found
    if plainer and signature.family == FAMILY_ASSERTION:
        return None
    if not _may_be_a_loop(signature):
        return None
    asked = (_no_loop(record, touch, guilty, "likely") for touch in record.touches if touch.how == NO_LOOP)
    return _by_misuse(record, guilty, sources) or _by_census(record, guilty, sources) or next(filter(None, asked), None)


def _may_be_a_loop(signature: Signature) -> bool:
    if signature.family in (FAMILY_CROSS_LOOP, FAMILY_HANG, FAMILY_ASSERTION):
        return True
    return signature.type.rpartition(".")[2] in WAITED_IN_VAIN


def _guilty(events: Sequence[Happening | None], guilty: set[NodeId]) -> bool:
    return any(event is not None and event.test in guilty for event in events)


def _by_touch(record: TraceRecord, touch: Touch, guilty: set[NodeId], sources: Sources) -> Explanation | None:
    if touch.how == NO_LOOP:
        return _no_loop(record, touch, guilty)
    if touch.how == HELD:
        way = next((way for way in record.stuck if way.taken == touch.taken), None)
        if touch.taken is None or touch.taken.test not in guilty:
            return None
        return _explained(record, way, None, touch, sources)
    loop = touch.loop
    if loop is None:
        return None
    ways = record.ways(loop.number)
    near = [way for way in ways if same_library(way, touch.libraries) or touch.type in way.types] or list(ways)
    involved = [loop.born, touch.bound, touch.made, *(step.bound for way in near for step in way.steps)]
    if not _guilty(involved, guilty):
        return None
    # The user's own line that was reached says more than one in a library's task.
    better = next((t for t in record.touches if t.loop is not None and t.loop.number == loop.number and t.sites), touch)
    return _explained(record, _best(near, sources), loop, better, sources)


def _no_loop(
    record: TraceRecord, touch: Touch, guilty: set[NodeId], confidence: Literal["proved", "likely"] = "proved"
) -> Explanation | None:
    if touch.unset is None or touch.unset.test not in guilty:
        return None
    held = Held("asyncio's event loop policy", "", "")
    return Explanation(
        CURRENT_LOOP,
        "",
        (held,),
        touch.unset,
        touch.unset,
        None,
        None,
        touch,
        None,
        None,
        (),
        record.fixtures,
        confidence,
    )


def _by_misuse(record: TraceRecord, guilty: set[NodeId], sources: Sources) -> Explanation | None:
    """A polluter used, on a loop of its own, what belongs to a loop that lives on: it left that in the middle."""
    for touch in record.misuses:
        loop = touch.loop
        if touch.test not in guilty or loop is None or loop.died is not None:
            continue
        ways = record.ways(loop.number)
        near = [way for way in ways if same_library(way, touch.libraries) or touch.type in way.types]
        if near:
            return _explained(record, _best(near, sources), loop, touch, sources, "likely")
    return None


def _by_census(record: TraceRecord, guilty: set[NodeId], sources: Sources) -> Explanation | None:
    for way in (*record.stuck, *record.waiting):
        if way.taken is not None and way.taken.test in guilty:
            return _explained(record, way, way.loop, None, sources)
    for loop, ways in sorted(record.held, key=lambda pair: -pair[0].number):
        ours = [way for way in ways if _held_by_user(way)]
        if loop.died is None or not ours:
            continue
        involved = [loop.born, *(step.bound for way in ours for step in way.steps)]
        if _guilty(involved, guilty):
            return _explained(record, _best(ours, sources), loop, None, sources)
    return None


def _held_by_user(way: Way) -> bool:
    return any(held.file for held in way.holders)


def _best(ways: Sequence[Way], sources: Sources) -> Way | None:
    """The way that says most: a well-known resource, held by a module of the application, near to it."""

    def rank(way: Way) -> tuple[int, bool, bool, int]:
        first = next(iter(way.holders), None)
        defined = any(sources.defines(held) for held in way.holders)
        return (weight(way.steps[way.head].type), not defined, first is None or _is_test(first.file), way.head)

    return min(ways, key=rank, default=None)


def _is_test(file: str) -> bool:
    name = file.rpartition("/")[2]
    return not file or name.startswith(("test_", "conftest")) or name.endswith("_test.py")


def _named(holders: Sequence[Held], sources: Sources) -> Sequence[Held]:
    """Those whose module gives the name its value: one that only imports it is no holder of its own."""
    defined = [held for held in holders if not held.file or sources.defines(held)]
    return defined if any(held.file for held in defined) else holders


def _explained(
    record: TraceRecord,
    way: Way | None,
    loop: SeenLoop | None,
    touch: Touch | None,
    sources: Sources,
    confidence: Literal["proved", "likely"] | None = None,
) -> Explanation | None:
    if way is None:
        return _unheld(record, loop, touch)
    named, step = resource(way)
    holders = tuple(
        Held(_STATE.sub(r".\1", held.holder), held.file, held.name)
        for held in sorted(_named(way.holders, sources), key=lambda held: _is_test(held.file))
    )
    later = way.steps[way.head :]
    made = step.made
    if made is None and not step.early:
        made = next((one.made for one in later if one.made is not None and _user_made(one.made)), None)
    number = 0 if loop is None else loop.number
    bound = next((one.bound for one in later if one.bound is not None and one.bound.loop in (0, number)), None)
    if bound is None and loop is not None:
        bound = next(iter(loop.binds), None)
    if made is None and bound is not None and bound.site is not None and step.type.startswith(_MADE_ON_A_LOOP):
        made = bound
    if way.taken is not None:
        bound = way.taken
    stored = _stored(holders, sources) if made is None or made.site is None else None
    places = tuple(site.at for site in ((made.sites if made is not None else ()) or ((stored,) if stored else ())))
    wire_up = sources.wire_up(places, tuple(held.holder for held in holders))
    if stored is not None and wire_up is not None and wire_up.at_import:
        stored = Site(str(wire_up.made_at), "")
    return Explanation(
        named,
        step.type,
        holders,
        made if made is not None and made.site is not None else None,
        bound,
        stored,
        loop,
        touch,
        way,
        wire_up,
        tuple(gate.name for gate in wire_up.gates) if wire_up is not None else _gates(made, bound, stored, sources),
        record.fixtures,
        confidence or ("likely" if touch is None else "proved"),
        kept=_kept(way, holders, sources) if named == LOOP else None,
    )


def _kept(way: Way, holders: Sequence[Held], sources: Sources) -> Site | None:
    """The line of a class of the user's that stores the loop in its instances."""
    owner, label = way.steps[way.head - 1], way.steps[way.head].label
    found = sources.keeps(owner.type, label[1:], holders) if owner.own and label.startswith(".") else None
    return None if found is None else Site(f"{found[0]}:{found[1].line}", found[1].function)


def _gates(made: Happening | None, bound: Happening | None, stored: Site | None, sources: Sources) -> tuple[str, ...]:
    """The gates of what a scan does not know, read off the lines that were seen to run."""
    seen = made if made is not None and made.sites else bound
    lines = seen.sites if seen is not None and seen.sites else ((stored,) if stored is not None else ())
    return gates(lines, sources)


def _user_made(event: Happening) -> bool:
    return event.site is not None


def _stored(holders: Sequence[Held], sources: Sources) -> Site | None:
    """The line that gives the holder's global its value: at import, else the only one that does not clear it.

    Of what a container got later, the line that puts something into it.
    """
    for held in holders:
        stores = [store for store in sources.stores(held) if not store.clears]
        if held.holder.rpartition(f".{held.name}[")[1] and all(store.empty for store in stores):
            stores = sources.puts(held)
        first = next((store for store in stores if not store.function), None) or next(iter(stores), None)
        if first is not None:
            return Site(f"{held.file}:{first.line}", first.function)
    return None


def _unheld(record: TraceRecord, loop: SeenLoop | None, touch: Touch | None) -> Explanation | None:
    """Nothing of the user's was found to hold it (a library does): what was touched says what it is."""
    if touch is None or not touch.sites:
        return None
    packages = [name.partition(".")[0] for name in touch.libraries]
    package = next((name for name in packages if name not in ("asyncio", "contextlib", "threading")), "")
    named = label(touch.type) or (f"something of {package}" if package else "something")
    event = touch.bound or touch.made or (None if loop is None else loop.born)
    return Explanation(
        named, touch.type, (), touch.made, event, None, loop, touch, None, None, (), record.fixtures, "proved"
    )
