"""One loop for the whole session, through both options of pytest-asyncio."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from bisect_loop.fixes.ground import Ground
from bisect_loop.fixes.model import Candidate, Edit, scopes_differ
from bisect_loop.fixes.options import configuration, with_options
from bisect_loop.model import CURRENT_LOOP

TESTS = "asyncio_default_test_loop_scope"
FIXTURES = "asyncio_default_fixture_loop_scope"


def candidates(ground: Ground) -> Iterator[Candidate]:
    """Both options; and the fixtures' option alone, which is no mend: each test still has a loop of its own.

    Where it is a fixture that has no loop as wide as itself, the fixtures' option is the mend, and that of the tests
    is none.
    """
    found = ground.explanation
    if not ground.loops_are_mixed or ground.runs_on != "pytest-asyncio":
        return
    if found is not None and found.resource == CURRENT_LOOP:
        return
    if found is None and "no current event loop" in ground.finding.signature.message:
        return
    width = _width(ground)
    if width:
        yield from _of(ground, "equal-scopes", {FIXTURES: width})
    yield from _of(ground, "session-loop", {FIXTURES: "session", TESTS: "session"})
    if width:
        yield from _of(ground, "session-test-loop", {TESTS: width}, likely=False)
    else:
        yield from _of(ground, "session-fixture-loop", {FIXTURES: "session"}, likely=False)


def _width(ground: Ground) -> str:
    """The scope of a fixture that pytest refuses because its loop is narrower; "" where that is not what fails."""
    said = re.search(r"with an? (\w+) scoped request", ground.finding.signature.message)
    return said[1] if said is not None and scopes_differ(ground.finding) else ""


_COSTS = {
    "session-loop": "tests share one event loop: what one leaves running on it runs on in the next",
    "equal-scopes": "async fixtures of this and every narrower scope run on a loop that is not the one of the tests",
}


def _of(ground: Ground, kind: str, options: Mapping[str, str], *, likely: bool = True) -> Iterator[Candidate]:
    where = configuration(ground.read)
    after, line = with_options(where, options)
    said = f"{' and '.join(options)} = {next(iter(options.values()))}"
    phrase = {
        "session-loop": f"run everything on one loop: {said} in {where.path}",
        "equal-scopes": f"give async fixtures a loop as wide as they are: {said} in {where.path}",
    }.get(kind, f"{said} alone in {where.path}")
    yield Candidate(
        kind,
        phrase,
        f"{where.path}:{line}",
        (Edit(where.path, where.text, after),),
        cost=_COSTS.get(kind, ""),
        likely=likely,
    )
