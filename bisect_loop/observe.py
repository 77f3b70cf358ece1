"""Runs whole orders and gathers what fails in them, one `Failure` for each victim and signature."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from bisect_loop.asking import Failure
from bisect_loop.model import (
    FAMILY_CRASH,
    FAMILY_HANG,
    Condition,
    Ending,
    NamedOrder,
    NodeId,
    OrderTried,
    Signature,
    Trial,
    TrialResult,
)
from bisect_loop.runner.dispatch import Dispatch


@dataclass(slots=True)
class Observed:
    """What whole orders showed so far."""

    tried: list[OrderTried] = field(default_factory=list)
    results: list[tuple[NamedOrder, TrialResult]] = field(default_factory=list)

    def failures(self, victim: NodeId | None = None) -> list[Failure]:
        """Each failure once, in the order in which it was first seen; of `victim` only, where one is named."""
        found: dict[tuple[NodeId, str], Failure] = {}
        default = any(order.name == "default" for order, _ in self.results)
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
                passing = self._passing(outcome.nodeid)
                found[key] = Failure(outcome.nodeid, signature, before, passing, (order.name,), default)
        return list(found.values())

    def shows_more(self, result: TrialResult) -> bool:
        """Whether `result` has a failure that no result so far has."""
        known = {failure for _, earlier in self.results for failure in _failures(earlier)}
        return not known.issuperset(_failures(result))

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

_UNNAMED = NamedOrder("", ())

# How often one order is run again without the test that cut it short.
_MOST_CONTINUED = 3


def observe(
    orders: Sequence[NamedOrder],
    dispatch: Dispatch,
    condition: Condition,
    timeout: float,
    seen: Observed,
    heard: Callable[[OrderTried, Sequence[TrialResult]], None],
) -> None:
    """Run `orders` and add what they show to `seen` as it comes; `heard` is called after each.

    The first runs in a fresh process. The others are forked where a forked run of the first shows what the fresh
    one did; where it does not, forked trials are given up. An order that a test cuts short (a crash, a hang, an
    internal error) hides what stands behind that test, so it is run again without it: an order has as many results
    as it took. `timeout` is in seconds of silence. Raises OutOfBudget.
    """

    def trial(order: NamedOrder) -> Trial:
        return Trial(order.order, condition, timeout=timeout)

    def add(order: NamedOrder, result: TrialResult, runner: Literal["fork", "fresh"] | None = None) -> NamedOrder:
        """Take in what `order` showed; return what of it runs to its end."""
        results: list[TrialResult] = []

        def take(result: TrialResult) -> None:
            results.append(result)
            seen.results.append((order, result))

        take(result)
        try:
            while len(results) <= _MOST_CONTINUED and (left := _without_stopper(order.order, results[-1])):
                order = replace(order, order=left)
                take(dispatch.run(trial(order), runner))
        finally:  # what the budget cuts off here does not take away what was seen
            names = dict.fromkeys(nodeid for one in results for nodeid in failed(one))
            seen.tried.append(OrderTried(order.name, order.seed, tuple(names), result.ending.value))
            heard(seen.tried[-1], results)
        return order

    if not orders:
        return
    reference = dispatch.run(trial(orders[0]), "fresh")
    whole = add(orders[0], reference, "fresh")
    rest = orders[1:]
    if rest and dispatch.fork is not None:
        shown = failed(seen.results[-1][1])
        check = failed(dispatch.run(trial(whole)))
        # A test that fails by chance differs from run to run; a fork that cannot be trusted differs in one way.
        if check != shown and check == failed(dispatch.run(trial(whole))):
            dispatch.distrust_fork(_difference(whole.name, check, shown))
    while rest:
        # A run of everything keeps a core busy: more of them at once than cores would only be slower.
        batch, rest = rest[: dispatch.fresh_width], rest[dispatch.fresh_width :]
        results = dispatch.run_all([trial(order) for order in batch], width=len(batch))
        if len(batch) > 1:
            results = _believed(results, [trial(order) for order in batch], seen, dispatch)
        for order, result in zip(batch, results, strict=True):
            add(order, result)


def _believed(
    results: Sequence[TrialResult], trials: Sequence[Trial], seen: Observed, dispatch: Dispatch
) -> list[TrialResult]:
    """What `trials` showed that ran at once: a failure only where it shows alone as well, or another trial has it.

    Where one lied the others may have, also those that passed: each runs alone then. Raises OutOfBudget.
    """
    known = Observed(results=list(seen.results))
    believed: list[TrialResult] = []
    for result, trial in zip(results, trials, strict=True):
        if known.shows_more(result):
            alone = dispatch.run(trial)
            if failed(alone) != failed(result):
                dispatch.disturbed()
                return [alone if other is trial else dispatch.run(other) for other in trials]
            result = alone
        believed.append(result)
        known.results.append((_UNNAMED, result))
    return believed


def failed(result: TrialResult) -> tuple[NodeId, ...]:
    """The tests that failed, in the order in which they ran."""
    return tuple(outcome.nodeid for outcome in result.failed)


def _failures(result: TrialResult) -> set[tuple[NodeId, str]]:
    """Each failure as (victim, key of its signature)."""
    return {
        (outcome.nodeid, signature.key)
        for outcome in result.failed
        for signature in outcome.signatures or (_NO_SIGNATURE,)
    }


def _without_stopper(order: Sequence[NodeId], result: TrialResult) -> tuple[NodeId, ...] | None:
    """`order` without the test that cut `result` short; None where none did, or nothing stood behind it.

    A session that was asked to stop (STOPPED) is none of these: that wish is the user's.
    """
    if result.ending not in (Ending.CRASHED, Ending.TIMEOUT, Ending.INTERNAL_ERROR):
        return None
    seen = {*result.missing, *(outcome.nodeid for outcome in result.outcomes)}
    unseen = [nodeid for nodeid in order if nodeid not in seen]
    last = result.outcomes[-1] if result.outcomes else None
    if last is not None and any(s.family in (FAMILY_CRASH, FAMILY_HANG) for s in last.signatures):
        stopper, behind = last.nodeid, unseen
    else:  # it has no outcome
        stopper, behind = (unseen or [""])[0], unseen[1:]
    return tuple(nodeid for nodeid in order if nodeid != stopper) if behind else None


def _difference(name: str, forked: Sequence[NodeId], fresh: Sequence[NodeId]) -> str:
    only = next((nodeid for nodeid in forked if nodeid not in fresh), None)
    if only is not None:
        return f"in order {name}, {only} fails in a forked child and not in a fresh process"
    missed = next((nodeid for nodeid in fresh if nodeid not in forked), "")
    return f"in order {name}, {missed} fails in a fresh process and not in a forked child"
