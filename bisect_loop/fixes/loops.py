"""One loop for the whole session, through both options of pytest-asyncio."""

from __future__ import annotations

from collections.abc import Iterator

from bisect_loop.fixes.ground import Ground
from bisect_loop.fixes.model import Candidate, Edit
from bisect_loop.fixes.options import configuration, with_options

TESTS = "asyncio_default_test_loop_scope"
FIXTURES = "asyncio_default_fixture_loop_scope"


def candidates(ground: Ground) -> Iterator[Candidate]:
    """Both options; and the fixtures' option alone, which is no mend: each test still has a loop of its own."""
    found = ground.explanation
    if not ground.loops_are_mixed or ground.runs_on != "pytest-asyncio":
        return
    if found is not None and found.resource == "the current event loop":
        return
    where = configuration(ground.read)
    for kind, options in (
        ("session-loop", {FIXTURES: "session", TESTS: "session"}),
        ("session-fixture-loop", {FIXTURES: "session"}),
    ):
        after, line = with_options(where, options)
        both = kind == "session-loop"
        yield Candidate(
            kind,
            f"run everything on one loop: {' and '.join(options)} = session in {where.path}"
            if both
            else f"{FIXTURES} = session alone in {where.path}",
            f"{where.path}:{line}",
            (Edit(where.path, where.text, after),),
            cost="tests share one event loop: what one leaves running on it runs on in the next" if both else "",
            likely=both,
        )
