"""What the polluters left changed, as a reader wants to see it: little, and the likeliest reason first."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bisect_loop.model import SAME_OBJECT, Change, Json, NodeId
from bisect_loop.provenance.record import TraceRecord
from bisect_loop.provenance.source import Sources

_NAME = re.compile(r"\w+")
# What differs after nearly every test: told of only where nothing else differs.
_COMMON = ("random", "module", "thread")


def changes(record: TraceRecord, guilty: Sequence[NodeId], sources: Sources) -> tuple[Change, ...]:
    """Return what the tests `guilty` changed, in the order of the record; last what a text says little of."""
    seen = [one for event in record.changes for one in event.get("changes", ()) if one.get("by") in guilty]
    telling = sorted((one for one in seen if one["kind"] not in _COMMON), key=_is_replaced)
    reached = [one for one in telling if one["kind"] == "own" and one["near"] is not None]
    beyond = [one for one in telling if one["kind"] != "own"]
    # Modules of the user's that the victim does not get to are no reason while there is something that it gets to.
    chosen = [*reached, *beyond] or telling or seen
    found: dict[tuple[str, NodeId], Change] = {}
    for one in chosen:
        what = _canonical(one, sources)
        before, after = one["before"], one["after"]
        if one.get("shared"):
            before, after = f"{SAME_OBJECT}{one['shared']}", f"another one: {after}"
        kept = str(one.get("container", "")), bool(one.get("same", False))
        found.setdefault((what, one["by"]), Change(what, before, after, one["by"], *kept))
    return tuple(found.values())


def _canonical(one: Json, sources: Sources) -> str:
    """The name under which the module that defines it has what changed, be it seen through an import of it."""
    what, module = str(one["what"]), str(one.get("module", ""))
    if not module or one.get("shared"):
        return what  # one of two names was bound anew, which tells nothing of the other
    name = _NAME.match(what[len(module) + 1 :])
    if name is None:
        return what
    home, original = sources.home(module, str(one["file"]), name[0])
    return f"{home}.{original}{what[len(module) + 1 + len(name[0]) :]}"


def plain_reason(record: TraceRecord, guilty: Sequence[NodeId]) -> bool:
    """Whether a plain value changed in a module that the victim gets to, other than in what a task waits for."""
    waited = tuple(f"{held.holder}{sign}" for way in record.waiting for held in way.holders for sign in ".[")
    return any(
        one["kind"] == "own"
        and one["near"] is not None
        and one.get("by") in guilty
        and not _is_object(one)
        and not str(one["what"]).startswith(waited)
        for event in record.changes
        for one in event.get("changes", ())
    )


def _is_replaced(one: Json) -> bool:
    """Whether one object took the place of another."""
    return _is_object(one) and str(one["before"]).startswith("a ")


def _is_object(one: Json) -> bool:
    """Whether what came is an object, of which the text says only the type."""
    after = str(one["after"])
    return (
        one["kind"] == "own" and after.startswith(("a ", "another ")) and not after.endswith(("Mock", "of that name"))
    )
