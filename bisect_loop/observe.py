"""Runs whole orders and gathers what fails in them, one `Failure` for each victim and signature."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from bisect_loop.diagnose import Failure
from bisect_loop.model import Condition, NamedOrder, NodeId, OrderTried, Signature, Trial, TrialResult
from bisect_loop.runner.dispatch import Dispatch


@dataclass(slots=True)
class Observed:
    """What whole orders showed so far."""

    tried: list[OrderTried] = field(default_factory=list)
    results: list[tuple[NamedOrder, TrialResult]] = field(default_factory=list)

    def failures(self, victim: NodeId | None = None) -> list[Failure]:
        """Each failure once, in the order in which it was first seen; of `victim` only, where one is named."""
        found: dict[tuple[NodeId, str], Failure] = {}
        for order, result in self.results:
            for position, outcome in enumerate(result.outcomes):
                if not outcome.failed or (victim is not None and outcome.nodeid != victim):
                    continue
                signature = outcome.signatures[0] if outcome.signatures else _NO_SIGNATURE
                key = (outcome.nodeid, signature.key)
                if key in found:
                    known = found[key]
                    if order.name not in known.seen_in:
                        found[key] = replace(known, seen_in=(*known.seen_in, order.name))
                    continue
                before = tuple(earlier.nodeid for earlier in result.outcomes[:position])
                found[key] = Failure(outcome.nodeid, signature, before, self._passing(outcome.nodeid), (order.name,))
        return list(found.values())

    def _passing(self, victim: NodeId) -> tuple[NodeId, ...] | None:
        """What ran before `victim` in the shortest prefix after which it passed, None where it never did."""
        prefixes = [
            tuple(earlier.nodeid for earlier in result.outcomes[:position])
            for _, result in self.results
            for position, outcome in enumerate(result.outcomes)
            if outcome.nodeid == victim and outcome.result == "passed"
        ]
        return min(prefixes, key=len, default=None)


_NO_SIGNATURE = Signature("Failed", "", "", "call")


def observe(
    orders: Sequence[NamedOrder],
    dispatch: Dispatch,
    condition: Condition,
    timeout: float,
    seen: Observed,
    heard: Callable[[OrderTried, TrialResult], None],
) -> None:
    """Run `orders` and add what they show to `seen` as it comes; `heard` is called after each.

    The first runs in a fresh process. The others are forked where a forked run of the first shows what the fresh
    one did; where it does not, forked trials are given up. `timeout` is in seconds of silence. Raises OutOfBudget.
    """

    def trial(order: NamedOrder) -> Trial:
        return Trial(order.order, condition, timeout=timeout)

    def add(order: NamedOrder, result: TrialResult) -> None:
        tried = OrderTried(order.name, order.seed, failed(result), result.ending.value)
        seen.tried.append(tried)
        seen.results.append((order, result))
        heard(tried, result)

    reference = dispatch.run(trial(orders[0]), "fresh")
    add(orders[0], reference)
    rest = orders[1:]
    if rest and dispatch.fork is not None:
        check = failed(dispatch.run(trial(orders[0])))
        # A test that fails by chance differs from run to run; a fork that cannot be trusted differs in one way.
        if check != failed(reference) and check == failed(dispatch.run(trial(orders[0]))):
            dispatch.distrust_fork(_difference(orders[0].name, check, failed(reference)))
    while rest:
        # A run of everything keeps a core busy: more of them at once than cores would only be slower.
        batch, rest = rest[: dispatch.fresh_width], rest[dispatch.fresh_width :]
        results = dispatch.run_all([trial(order) for order in batch], width=len(batch))
        for order, result in zip(batch, results, strict=True):
            # What one of several runs at once shows is believed only when it shows it alone as well.
            believed = result if len(batch) == 1 or not result.failed else dispatch.run(trial(order))
            if failed(believed) != failed(result):
                dispatch.disturbed()
            add(order, believed)


def failed(result: TrialResult) -> tuple[NodeId, ...]:
    """The tests that failed, in the order in which they ran."""
    return tuple(outcome.nodeid for outcome in result.failed)


def _difference(name: str, forked: Sequence[NodeId], fresh: Sequence[NodeId]) -> str:
    only = next((nodeid for nodeid in forked if nodeid not in fresh), None)
    if only is not None:
        return f"in order {name}, {only} fails in a forked child and not in a fresh process"
    missed = next((nodeid for nodeid in fresh if nodeid not in forked), "")
    return f"in order {name}, {missed} fails in a fresh process and not in a forked child"
