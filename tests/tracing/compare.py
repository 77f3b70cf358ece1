"""Runs one order of a suite plainly and traced, and says which tests tracing gave another outcome.

An order is run twice without the tracer, because a test that differs between those tells nothing of it.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from bisect_loop.model import Condition, Ending, NodeId, Trial, TrialResult
from bisect_loop.provenance.record import TraceRecord, read
from bisect_loop.runner import Runner
from bisect_loop.runner.fork import ForkRunner
from bisect_loop.runner.fresh import FreshRunner
from bisect_loop.runner.target import Slot, Slots, Target, without_outer_pytest
from bisect_loop.runner.workspace import Workspace

_SILENCE = 300.0  # seconds


@dataclass(frozen=True)
class Compared:
    """`changed` says of each test that tracing gave another outcome what that was; `unstable` differ without it.

    `seconds` are those of a plain run and of a traced one, `records` what each traced one says.
    """

    tests: int
    failed: int
    changed: dict[NodeId, str]
    unstable: frozenset[NodeId]
    seconds: tuple[float, float]
    records: tuple[TraceRecord, ...]


@contextmanager
def opened(root: Path, args: Sequence[str], python: str, *, fresh: bool) -> Iterator[tuple[Runner, list[NodeId]]]:
    """(a runner for the suite in `root`, its tests): forked children, or fresh processes where it cannot be forked."""
    condition = Condition(args=tuple(args))
    with Workspace() as workspace:
        target = Target(python, root, without_outer_pytest(os.environ))
        fork = ForkRunner(target, workspace, Slots([Slot(0)]), condition, _SILENCE)
        collected = fork.start()
        runner: Runner = fork
        if fresh or collected.refusal:
            fork.close()
            runner = FreshRunner(target, workspace, Slots([Slot(0)]), root=Path(collected.suite.root))
        yield runner, list(collected.suite.nodeids)
        runner.close()


def compared(runner: Runner, order: Sequence[NodeId], args: Sequence[str], victims: Sequence[NodeId]) -> Compared:
    """Run `order` twice plainly, and traced once for each of `victims`, which is the last of what is run then."""
    trial = Trial(tuple(order), Condition(args=tuple(args)), timeout=_SILENCE)
    plain = [runner.run(replace(trial, attempt=attempt)) for attempt in range(2)]
    seen = [_outcomes(result) for result in plain]
    unstable = frozenset(nodeid for nodeid in order if seen[0].get(nodeid) != seen[1].get(nodeid))
    changed: dict[NodeId, str] = {}
    traced: list[TrialResult] = []
    for victim in victims:
        part = tuple(order[: list(order).index(victim) + 1])
        traced.append(runner.run(replace(trial, order=part, traced=True)))
        now = _outcomes(traced[-1])
        # What comes after the victim may be what tears down a fixture: of the last test only the call is compared.
        for nodeid in part if part == trial.order else part[:-1]:
            if now.get(nodeid) != seen[0].get(nodeid) and nodeid not in unstable:
                changed[nodeid] = f"{seen[0].get(nodeid)} became {now.get(nodeid)}"
    return Compared(
        len(order),
        sum(outcome.failed for outcome in plain[0].outcomes),
        changed,
        unstable,
        (plain[1].seconds, traced[-1].seconds),
        tuple(read(result.trace) for result in traced),
    )


def _outcomes(result: TrialResult) -> dict[NodeId, tuple[str, ...]]:
    found = {o.nodeid: (o.result, *(signature.key for signature in o.signatures)) for o in result.outcomes}
    if result.ending is not Ending.FINISHED:
        found["the run"] = (result.ending.value, result.detail)
    return found


def told(record: TraceRecord) -> str:
    """What a record says, counted."""
    touches = Counter(touch.how for touch in record.touches)
    parts = [f"{number} touches ({how})" for how, number in sorted(touches.items())]
    dead = sum(loop.died is not None for loop, _ in record.held)
    parts += [f"{len(record.held)} loops held, {dead} of them closed"] if record.held else []
    for number, what in (
        (len(record.misuses), "uses of another's loop by earlier tests"),
        (len(record.waiting), "tasks that run on"),
        (len(record.stuck), "locks not given back"),
    ):
        parts += [f"{number} {what}"] if number else []
    return "; ".join([*parts, *(["census cut"] if record.cut else [])]) or "nothing"
