"""What whole orders showed: the failures in them, and which orders cannot have shown all that fails there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from bisect_loop.asking import Failure
from bisect_loop.model import Finding, NamedOrder, NodeId, OrderTried, Signature, TrialResult


@dataclass(slots=True)
class Observed:
    """What whole orders showed so far. `beside` names those that ran beside others and were not seen alone."""

    tried: list[OrderTried] = field(default_factory=list)
    results: list[tuple[NamedOrder, TrialResult]] = field(default_factory=list)
    beside: set[str] = field(default_factory=set)

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

    def replace(self, other: Observed) -> None:
        """Let what `other` has of an order stand in the place of what this has of it."""
        anew = {one.name: one for one in other.tried}
        self.tried = [anew.get(one.name, one) for one in self.tried]
        results: list[tuple[NamedOrder, TrialResult]] = []
        for order, result in self.results:
            if order.name not in anew:
                results.append((order, result))
            elif all(order.name != placed.name for placed, _ in results):
                results.extend(pair for pair in other.results if pair[0].name == order.name)
        self.results = results

    def whole(self, names: Iterable[str]) -> list[NamedOrder]:
        """The orders of these names as they were asked for, in the order in which they were tried."""
        first: dict[str, NamedOrder] = {}
        for order, _ in self.results:
            first.setdefault(order.name, order)
        chosen = set(names)
        return [first[one.name] for one in self.tried if one.name in chosen and one.name in first]

    def doubtful(self, findings: Sequence[Finding]) -> list[NamedOrder]:
        """The orders of `beside` in which a victim passed that must fail there, as one of `findings` says."""
        names = [
            order.name
            for order, result in self.results
            if order.name in self.beside and any(_contradicts(result, found) for found in findings)
        ]
        return self.whole(names)

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


def _contradicts(result: TrialResult, found: Finding) -> bool:
    """Whether the victim of `found` passed in `result` behind its polluters, no known cleaner standing between them."""
    if not found.confirmed or found.kind != "victim" or found.failure_rate < 1 or found.worker is not None:
        return False
    outcome = result.of(found.victim)
    if outcome is None or outcome.result != "passed":
        return False
    ids = [one.nodeid for one in result.outcomes]
    before = ids[: ids.index(found.victim)]
    for polluters in (found.polluters, *found.other_polluting_sets):
        places = [before.index(nodeid) for nodeid in polluters if nodeid in before]
        if len(places) < len(polluters) or places != sorted(places):
            continue
        if not set(found.cleaners).intersection(before[places[-1] + 1 :]):
            return True
    return False
