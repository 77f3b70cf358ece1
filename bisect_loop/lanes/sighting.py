"""Runs the suite under pytest-xdist, and says what stood around a failure that was seen there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from bisect_loop.model import Condition, Lane, LaneResult, NamedOrder, NodeId, OrderTried, Trial, TrialResult
from bisect_loop.observed import Observed, failed
from bisect_loop.runner.dispatch import Dispatch
from bisect_loop.search.orders import OrderSpec


@dataclass(frozen=True, slots=True)
class Sighting:
    """Where a failure was seen. Only what had started before the victim ended is of interest.

    `lane` is the victim's own and ends with it, `others` are those of the other workers. `beside` are the tests of
    `others` that ran at the same time as the victim. `merged` is all of it but the victim, as it was started.
    """

    lane: Lane
    others: tuple[Lane, ...]
    beside: frozenset[NodeId]
    merged: tuple[NodeId, ...]


@dataclass(frozen=True, slots=True)
class Crew:
    """One worker of a run of several: `result` is that of all of them."""

    result: TrialResult
    lane: LaneResult

    def sighting(self, victim: NodeId) -> Sighting:
        """What stood around `victim`, which this worker ran."""
        ids = [outcome.nodeid for outcome in self.result.outcomes]
        own = [(ids[place], span) for place, span in zip(self.lane.places, self.lane.spans, strict=True)]
        at = max(index for index, (nodeid, _) in enumerate(own) if nodeid == victim)
        start, end = own[at][1]
        started: dict[int, NodeId] = {place: ids[place] for place in self.lane.places[:at]}
        others: list[Lane] = []
        beside: set[NodeId] = set()
        for lane in self.result.lanes:
            if lane.worker == self.lane.worker:
                continue
            before = [(place, span) for place, span in zip(lane.places, lane.spans, strict=True) if span[0] < end]
            started.update((place, ids[place]) for place, _ in before)
            beside.update(ids[place] for place, span in before if span[1] > start)
            if before:
                others.append(Lane(lane.worker, tuple(ids[place] for place, _ in before)))
        return Sighting(
            lane=Lane(self.lane.worker, tuple(nodeid for nodeid, _ in own[: at + 1])),
            others=tuple(others),
            beside=frozenset(beside),
            merged=tuple(started[place] for place in sorted(started)),
        )


def observe_workers(
    spec: OrderSpec,
    dispatch: Dispatch,
    condition: Condition,
    timeout: float,
    seen: Observed,
    heard: Callable[[OrderTried, TrialResult], None],
) -> dict[str, Crew]:
    """Run the suite once as `spec` says and add each lane to `seen` as an order of its own.

    Returns the worker behind each of those orders' names. `heard` is called with the whole. Raises OutOfBudget.
    """
    trial = Trial(None, replace(condition, workers=spec.number), timeout=timeout, dist=spec.dist)
    result = dispatch.run(trial, "fresh")
    crews: dict[str, Crew] = {}
    for lane in result.lanes:
        outcomes = tuple(result.outcomes[place] for place in lane.places)
        order = NamedOrder(f"{spec.name}/{lane.worker.id}", tuple(outcome.nodeid for outcome in outcomes))
        own = TrialResult(outcomes, lane.ending, result.runner, lane.detail)
        seen.results.append((order, own))
        seen.lanes.add(order.name)
        crews[order.name] = Crew(result, lane)
    seen.tried.append(OrderTried(spec.name, None, _once(failed(result)), result.ending.value))
    heard(seen.tried[-1], result)
    return crews


def _once(nodeids: Sequence[NodeId]) -> tuple[NodeId, ...]:
    return tuple(dict.fromkeys(nodeids))
