"""Plain changes that may be the reason although the victim touched something of another loop.

A failure that does not speak of loops may come from a touch that somebody swallowed, or from a value that an earlier
test changed while somebody made anew what was dead. The record alone cannot tell; mends of both can.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from bisect_loop.model import FAMILY_ASSERTION, Change, Json, NodeId, Signature
from bisect_loop.provenance.changes import changes
from bisect_loop.provenance.explain import WAITED_IN_VAIN, Explanation
from bisect_loop.provenance.record import TraceRecord, Way
from bisect_loop.provenance.source import Sources

# Of an object only its type is said, of what holds objects only how many.
_OBJECTS = re.compile(r"(?:another one: )?(?:an? \w|(?:dict|list|tuple|set|frozenset) of \d)")


def contested(
    found: Explanation, record: TraceRecord, guilty: Sequence[NodeId], signature: Signature, sources: Sources
) -> Explanation:
    """`found` as a likely cause, with its rivals, where there are any."""
    if signature.family not in (FAMILY_ASSERTION, "") or signature.type.rpartition(".")[2] in WAITED_IN_VAIN:
        return found
    rivals = _rivals(record, guilty, sources)
    return replace(found, confidence="likely", rivals=rivals) if rivals else found


def _rivals(record: TraceRecord, guilty: Sequence[NodeId], sources: Sources) -> tuple[Change, ...]:
    seen = [one for event in record.changes for one in event.get("changes", ())]
    new = [str(one["what"]) for one in seen if _OBJECTS.match(str(one["after"]))]
    held = list(_held(record))

    def is_rival(one: Json) -> bool:
        what = str(one["what"])
        plain = not _OBJECTS.match(str(one["before"])) and not _OBJECTS.match(str(one["after"]))
        if one["kind"] != "own" or one["near"] is None or not plain:
            return False
        if any(_is_below(what, name) for name in new):
            return False  # it came with the object that it is of
        return not any(_is_below(what, name) or _is_below(name, what) for name in held)

    return changes(replace(record, changes=({"changes": list(filter(is_rival, seen))},)), guilty, sources)


def _held(record: TraceRecord) -> Iterator[str]:
    """Every name of what belongs to a loop, or is waited for: what changes there is no reason of its own."""
    ways: list[Way] = [*record.stuck, *record.waiting, *(way for _, ways in record.held for way in ways)]
    for way in ways:
        in_users_object = way.head > 1 and way.steps[way.head - 1].own
        for held in way.holders:
            yield held.holder + (way.steps[way.head].label if in_users_object else "")


def _is_below(name: str, above: str) -> bool:
    return name == above or name.startswith((f"{above}.", f"{above}["))
