"""Code that asks for the current event loop, which an earlier test took away, brings its own."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from bisect_loop.fixes.ground import Ground
from bisect_loop.fixes.model import Candidate, Edit
from bisect_loop.fixes.python import Import, Source
from bisect_loop.model import CURRENT_LOOP


def candidates(ground: Ground) -> Iterator[Candidate]:
    """`asyncio.run(...)` instead of `asyncio.get_event_loop().run_until_complete(...)`, where the victim does that."""
    for at in places(ground):
        path, _, line = at.rpartition(":")
        before = ground.read(path)
        after = None if before is None else with_own_loop(before, int(line))
        if before is not None and after is not None:
            yield Candidate(
                "own-loop",
                f"run it with asyncio.run() at {at}",
                at,
                (Edit(path, before, after),),
                cost="what it runs gets an event loop of its own, which is closed behind it",
            )
            return


def places(ground: Ground) -> list[str]:
    """The lines that asked for a loop which was not there, as a trace has them, else as the failure does."""
    found, failure = ground.explanation, ground.finding.signature
    if found is not None:
        asked = found.touch is not None and found.resource == CURRENT_LOOP
        return [site.at for site in found.touch.sites] if asked and found.touch is not None else []
    return [failure.where] if "no current event loop" in failure.message else []


def with_own_loop(text: str, line: int) -> str | None:
    """`text` with the call at `line` on a loop of its own; None where there is no such call."""
    try:
        source = Source(text)
    except ValueError:
        return None
    for call in source.calls(line):
        func = call.func
        if not isinstance(func, cst.Attribute) or func.attr.value != "run_until_complete":
            continue
        if source.code(func.value) not in ("asyncio.get_event_loop()", "get_event_loop()") or len(call.args) != 1:
            continue
        run = cst.Attribute(cst.Name("asyncio"), cst.Name("run"))
        return source.replaced(call, call.with_changes(func=run), [Import("asyncio")])
    return None
