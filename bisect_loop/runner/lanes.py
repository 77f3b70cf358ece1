"""What the workers of one trial recorded, put together."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from bisect_loop.model import Ending, LaneResult, Outcome, TrialResult, Worker
from bisect_loop.runner import transcript
from bisect_loop.runner.transcript import Transcript


def read(events: Path) -> dict[str, Transcript]:
    """The transcripts beside the event file `events`, by the id of their worker, in the order of the ids."""
    found = {path.name[len(events.name) + 1 :]: path for path in events.parent.glob(f"{events.name}.*")}
    return {worker: transcript.read(found[worker]) for worker in sorted(found, key=_natural)}


def _natural(worker: str) -> list[tuple[int, str]]:
    """gw2 before gw10."""
    return [(int(part), "") if part.isdigit() else (0, part) for part in re.split(r"(\d+)", worker)]


def joined(
    result: TrialResult, seen: Mapping[str, Transcript], how: Mapping[str, str], timed_out: bool, timeout: float
) -> TrialResult:
    """`result` (of what started the workers) with the lanes that its workers recorded, and all their outcomes.

    `how` says of the workers that died how they did. A trial in which one did has not come to its end.
    """
    concluded = {
        worker: transcript.conclude(
            lane,
            status=None,
            timed_out=timed_out and worker not in how,
            cancelled=result.ending is Ending.CANCELLED,
            output="",
            runner=result.runner,
            seconds=0.0,
            timeout=timeout,
            died=how.get(worker, f"worker {worker} was ended"),
        )
        for worker, lane in seen.items()
    }
    last = max((end for lane in seen.values() for _, end in lane.spans), default=0.0)
    placed: list[tuple[tuple[float, float], str, Outcome]] = []
    for worker, own in concluded.items():
        lane = seen[worker]
        # A test that never ended was there for as long as anything was.
        spans = [*lane.spans, (lane.began, max(last, lane.began))]
        placed += [(span, worker, outcome) for span, outcome in zip(spans, own.outcomes, strict=False)]
    placed.sort(key=lambda entry: entry[:2])
    lanes = []
    for worker, own in concluded.items():
        places = tuple(place for place, entry in enumerate(placed) if entry[1] == worker)
        who = seen[worker].worker or Worker(worker, len(seen))
        lanes.append(LaneResult(who, places, own.ending, own.detail, tuple(placed[place][0] for place in places)))
    dead = next((lane for lane in lanes if lane.ending is not Ending.FINISHED), None)
    ending, detail = result.ending, result.detail
    if ending is Ending.FINISHED and (dead or how):
        ending = dead.ending if dead else Ending.CRASHED
        detail = dead.detail if dead else next(iter(how.values()))
    missing = tuple(dict.fromkeys(nodeid for lane in seen.values() for nodeid in lane.missing))
    return replace(
        result,
        outcomes=tuple(entry[2] for entry in placed),
        ending=ending,
        detail=detail,
        missing=missing or result.missing,
        lanes=tuple(lanes),
        trace=(*result.trace, *(line for lane in seen.values() for line in lane.trace)),
    )
