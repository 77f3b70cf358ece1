"""Every kind of resource that fails across loops: the right polluter, holder and line, from one traced run."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bisect_loop.model import Trial, TrialResult
from bisect_loop.provenance.explain import explain
from bisect_loop.provenance.record import read
from bisect_loop.provenance.source import Sources
from bisect_loop.provenance.suspects import suspects
from bisect_loop.runner.fork import ForkRunner
from tests.provenance.conftest import CONDITION
from tests.provenance.corpus import ROWS, Row


def shown(result: TrialResult) -> list[tuple[str, str, list[str]]]:
    return [(o.nodeid, o.result, [s.key for s in o.signatures]) for o in result.outcomes]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_traced_run_names_polluter_holder_and_line(row: Row, runner: ForkRunner, root: Path, loop: str) -> None:
    """Tracing changes no outcome, points at the polluter first, and explains the minimal order."""
    order = row.order()
    trial = Trial(order, CONDITION, timeout=30)
    plain, traced = runner.run(trial), runner.run(replace(trial, traced=True))
    assert shown(traced) == shown(plain)
    fails = loop == "asyncio" or row.on_uvloop
    assert [outcome.result for outcome in plain.outcomes] == [*["passed"] * 3, "failed" if fails else "passed"]
    if not fails:
        return
    record = read(traced.trace)
    polluter = order[1]
    assert suspects(record, order[:-1])[:1] == [polluter]
    found = explain(record, [polluter], traced.outcomes[-1].signatures[0], Sources(root))
    assert found is not None
    cause = found.cause()
    assert (cause.resource, cause.holder, cause.bound_at) == (row.resource, row.holder, row.made_at)
    assert (cause.bound_by, cause.also_held_by) == (polluter, row.also)
    assert cause.confidence == ("proved" if row.proved else "likely")
