"""Every holder gets back what it held before the test."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bisect_loop.fixes.fixture import Body, with_fixture
from bisect_loop.fixes.ground import Ground
from bisect_loop.fixes.holders import Reset, distinct, located, resets
from bisect_loop.fixes.model import Candidate
from bisect_loop.model import is_module

DOC = "What a test makes belongs to its event loop, so it is not for the next test."


def candidates(ground: Ground) -> Iterator[Candidate]:
    """All holders that were seen, in an autouse fixture; and one of several alone, which is no mend."""
    found = ground.explanation
    if found is None or not found.holders:
        return
    at_import = found.wire_up is not None and found.wire_up.at_import
    if at_import and (found.made is None or is_module(found.made.test)) and len(found.holders) == 1:
        return  # before each test it holds the very same
    every = resets(ground, found.holders)
    released = _released(ground)
    several = len(found.holders) > 1 or bool(released)
    if every is not None:
        kind = "reset-every-holder" if several else "reset-singleton"
        made = _candidate(ground, kind, distinct(every))
        if made is not None:
            yield made
    alone = every[:1] if every is not None and len(every) > 1 else released
    if alone:
        made = _candidate(ground, "reset-singleton", alone, likely=False)
        if made is not None:
            yield made


def _candidate(ground: Ground, kind: str, chosen: Sequence[Reset], *, likely: bool = True) -> Candidate | None:
    body = Body(
        tuple(line for one in chosen for line in one.setup),
        tuple(line for one in chosen for line in one.teardown),
        tuple(dict.fromkeys(one.module for one in chosen)),
    )
    written = with_fixture(ground, f"{chosen[0].name}_put_back", DOC, body)
    if written is None:
        return None
    names = " and ".join(one.path.replace("{", "").replace("}", "") for one in chosen)
    alone = "" if likely else " alone"
    return Candidate(
        kind,
        f"reset {names}{alone} after each test, in {written.edit.path}",
        written.where,
        (written.edit,),
        cost="each test that needs it makes its own" if likely else "",
        likely=likely,
    )


def _released(ground: Ground) -> list[Reset]:
    """A global that the wire-up fills and that did not hold it any more when the victim began."""
    found = ground.explanation
    if found is None or found.wire_up is None:
        return []
    held = {one.holder for one in found.holders}
    for path in (found.wire_up.holder, *found.wire_up.also_held_by):
        if any(path == name or path.startswith(f"{name}.") or name.startswith(f"{path}.") for name in held):
            continue
        there = located(ground, path)
        if there is not None:
            return resets(ground, [there]) or []
    return []
