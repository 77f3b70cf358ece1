"""A fixture that takes the place of a wider one, and with it of what that one does after each test."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from bisect_loop.fixes.ground import Ground
from bisect_loop.fixes.model import Candidate, Edit
from bisect_loop.fixes.requested import Requested, fixtures_in, places, requested
from bisect_loop.fixes.requesting import with_parameter


def candidates(ground: Ground) -> Iterator[Candidate]:
    """The fixture that a polluter gets requests the one that it takes the place of, so that both do their work."""
    if not ground.loops_are_mixed and not ground.finding.changes:
        return
    for test in ground.finding.polluters:
        for one in requested(ground, test):
            wider = _hidden(ground, places(test), one)
            before = ground.read(one.path)
            if wider is None or before is None:
                continue
            after = with_parameter(before, one.line, one.name)
            if after is None:
                continue
            where = f"{one.path}:{one.line}"
            yield Candidate(
                "do-not-override",
                f"let the fixture {one.name} at {where} request the one of {wider.path}:{wider.line}, whose place it "
                "takes",
                where,
                (Edit(one.path, before, after),),
                cost=f"tests below {one.path.rpartition('/')[0] or '.'} get what the wider fixture does as well",
            )


def _hidden(ground: Ground, seen: list[str], one: Requested) -> Requested | None:
    """The next wider fixture of the same name that does something after its `yield`, unless `one` requests it."""
    if one.name in one.parameters:
        return None
    for path in seen[seen.index(one.path) + 1 :]:
        for wider in fixtures_in(ground, path):
            if wider.name == one.name:
                tears_down = any(isinstance(node, ast.Yield | ast.YieldFrom) for node in ast.walk(wider.node))
                return wider if tears_down and wider.scope == one.scope else None
    return None
