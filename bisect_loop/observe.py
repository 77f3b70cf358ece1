"""Runs whole orders: which of them at once, what of that to believe, and what stands behind a test that ends a run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from bisect_loop.model import (
    FAMILY_CRASH,
    FAMILY_HANG,
    Condition,
    Ending,
    NamedOrder,
    NodeId,
    OrderTried,
    Trial,
    TrialResult,
)
from bisect_loop.observed import Doubt, Observed, failed
from bisect_loop.runner.dispatch import Dispatch

_UNNAMED = NamedOrder("", ())

# How often one order is run again without the test that cut it short.
_MOST_CONTINUED = 3


@dataclass(frozen=True, slots=True)
class Observer:
    """Runs orders and adds what they show to `seen` as it comes; `heard` is called after each.

    An order that a test cuts short (a crash, a hang, an internal error) hides what stands behind that test, so it is
    run again without it: an order has as many results as it took. `timeout` is in seconds of silence.
    """

    dispatch: Dispatch
    condition: Condition
    timeout: float
    seen: Observed
    heard: Callable[[OrderTried, Sequence[TrialResult]], None]

    def observe(self, orders: Sequence[NamedOrder]) -> None:
        """Run `orders`: the first in a fresh process, the others forked, several at once.

        Where a forked run of the first does not show what the fresh one did, forked trials are given up. Raises
        OutOfBudget.
        """
        if not orders:
            return
        dispatch = self.dispatch
        self.seen.beside.difference_update(order.name for order in orders)
        reference = dispatch.run(self._trial(orders[0]), "fresh")
        whole = self._add(self.seen, orders[0], reference, "fresh")
        rest = orders[1:]
        if rest and dispatch.fork is not None:
            shown = failed(self.seen.results[-1][1])
            check = failed(dispatch.run(self._trial(whole)))
            # A test that fails by chance differs from run to run; a fork that cannot be trusted differs in one way.
            if check != shown and check == failed(dispatch.run(self._trial(whole))):
                dispatch.distrust_fork(_difference(whole.name, check, shown))
        while rest:
            # A run of everything keeps a core busy: more of them at once than cores would only be slower.
            batch, rest = rest[: dispatch.fresh_width], rest[dispatch.fresh_width :]
            results = dispatch.run_all([self._trial(order) for order in batch], width=len(batch))
            if len(batch) > 1:
                results = self._believed(results, batch)
            for order, result in zip(batch, results, strict=True):
                self._add(self.seen, order, result)

    def lied(self, doubt: Doubt) -> bool:
        """Whether an order did hide a failure: its part is run alone and then, if that fails, all of it, in its place.

        Raises OutOfBudget.
        """
        name, victims = doubt.part.name, set(doubt.victims)
        hidden = victims.intersection(failed(self.dispatch.run(self._trial(doubt.part))))
        if not hidden:
            return False
        one = next(victim for victim in doubt.victims if victim in hidden)
        self.dispatch.say(f"order {name} is run again: {one} passed in it beside other trials, and fails there alone")
        self.again(self.seen.whole([name]))
        return any(one.name == name and not victims.isdisjoint(one.failed) for one in self.seen.tried)

    def differs(self, order: NamedOrder) -> bool:
        """Whether an order that is run again alone, in its place, shows other failures. Raises OutOfBudget."""
        before = [set(one.failed) for one in self.seen.tried if one.name == order.name]
        self.again([order])
        return before != [set(one.failed) for one in self.seen.tried if one.name == order.name]

    def again(self, orders: Sequence[NamedOrder]) -> None:
        """Run each of `orders` with nothing beside it; what it shows stands in the place of what was seen of it.

        Raises OutOfBudget; what that cuts off stays as it was.
        """
        for order in orders:
            result = self.dispatch.run(self._trial(order))
            alone = Observed()
            try:
                self._add(alone, order, result)
            finally:
                self.seen.replace(alone)
                self.seen.beside.discard(order.name)

    def _trial(self, order: NamedOrder) -> Trial:
        return Trial(order.order, self.condition, timeout=self.timeout)

    def _add(
        self, seen: Observed, order: NamedOrder, result: TrialResult, runner: Literal["fork", "fresh"] | None = None
    ) -> NamedOrder:
        """Take in what `order` showed; return what of it runs to its end."""
        results: list[TrialResult] = []

        def take(result: TrialResult) -> None:
            results.append(result)
            seen.results.append((order, result))

        take(result)
        try:
            while len(results) <= _MOST_CONTINUED and (left := _without_stopper(order.order, results[-1])):
                order = replace(order, order=left)
                take(self.dispatch.run(self._trial(order), runner))
        finally:  # what the budget cuts off here does not take away what was seen
            names = dict.fromkeys(nodeid for one in results for nodeid in failed(one))
            seen.tried.append(OrderTried(order.name, order.seed, tuple(names), result.ending.value))
            self.heard(seen.tried[-1], results)
        return order

    def _believed(self, results: Sequence[TrialResult], batch: Sequence[NamedOrder]) -> list[TrialResult]:
        """What the orders of `batch` showed that ran at once: a failure only where it shows alone, or another has it.

        Where one lied the others may have, also those that passed: each runs alone then. What is believed of an
        order that did not run alone is noted in `seen.beside`. Raises OutOfBudget.
        """
        known = Observed(results=list(self.seen.results))
        believed: list[TrialResult] = []
        beside: set[str] = set()
        for result, order in zip(results, batch, strict=True):
            if known.shows_more(result):
                alone = self.dispatch.run(self._trial(order))
                if failed(alone) != failed(result):
                    self.dispatch.disturbed()
                    return [alone if other is order else self.dispatch.run(self._trial(other)) for other in batch]
                result = alone
            else:
                beside.add(order.name)
            believed.append(result)
            known.results.append((_UNNAMED, result))
        self.seen.beside.update(beside)
        return believed


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
