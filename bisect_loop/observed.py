"""What whole orders showed: the failures in them, and which orders cannot have shown all that fails there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from bisect_loop.asking import Failure
from bisect_loop.model import Finding, NamedOrder, NodeId, OrderTried, Signature, TrialResult


@dataclass(frozen=True, slots=True)
class Doubt:
    """A part of an order, from a polluter on, in which `victims` passed that should have failed at its end."""

    part: NamedOrder
    victims: tuple[NodeId, ...]


@dataclass(slots=True)
class Observed:
    """What whole orders showed so far. `beside` names those that ran beside others and were not seen alone."""

    tried: list[OrderTried] = field(default_factory=list)
    results: list[tuple[NamedOrder, TrialResult]] = field(default_factory=list)
    beside: set[str] = field(default_factory=set)
    lanes: set[str] = field(default_factory=set)  # names of orders that a worker of pytest-xdist ran beside others
    _told: set[tuple[str, NodeId]] = field(default_factory=set)

    def failures(self, victim: NodeId | None = None, findings: Sequence[Finding] = ()) -> list[Failure]:
        """Each failure once, in the order in which it was first seen; of `victim` only, where one is named.

        What `findings` say of an order is left out.
        """
        told = {(name, one.victim, one.signature.key) for one in findings for name in one.seen_in}
        found: dict[tuple[NodeId, str], Failure] = {}
        default = any(order.name == "default" for order, _ in self.results)
        for order, result in self.results:
            for position, outcome in enumerate(result.outcomes):
                if not outcome.failed or (victim is not None and outcome.nodeid != victim):
                    continue
                signature = outcome.signatures[0] if outcome.signatures else _NO_SIGNATURE
                key = (outcome.nodeid, signature.key)
                if (order.name, *key) in told:
                    continue
                before = tuple(earlier.nodeid for earlier in result.outcomes[:position])
                if key in found:
                    known = found[key]
                    if order.name not in known.seen_in:
                        seen_in, elsewhere = (*known.seen_in, order.name), known.elsewhere
                        if order.name not in self.lanes:
                            elsewhere = (*elsewhere, before)
                        found[key] = replace(known, seen_in=seen_in, elsewhere=elsewhere)
                    continue
                passing = self._passing(outcome.nodeid)
                found[key] = Failure(outcome.nodeid, signature, before, passing, (order.name,), default)
        return list(found.values())

    def accounts(self, finding: Finding, name: str) -> bool:
        """Whether those whom `finding` accuses ran before its victim where that failed in the order `name`.

        Of a lane nobody can tell: what ran in another one may have done it.
        """
        if finding.kind != "victim" or not finding.polluters or finding.failure_rate < 1 or name in self.lanes:
            return True
        shown = [
            result
            for order, result in self.results
            if order.name == name and (outcome := result.of(finding.victim)) and outcome.shows(finding.signature)
        ]
        return not shown or any(finding.explains(ran_before(result, finding.victim)) for result in shown)

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

    def doubts(self, findings: Sequence[Finding]) -> list[Doubt]:
        """One for each order of `beside` in which a victim passed that should fail there, as `findings` say.

        No cleaner that is known stands between; one that is not may. What was told of once is not told of again.
        """
        found: list[Doubt] = []
        for order, result in self.results:
            if order.name not in self.beside:
                continue
            spans = {
                one.victim: span
                for one in findings
                if (order.name, one.victim) not in self._told and (span := _contradiction(result, one)) is not None
            }
            if spans:
                self._told.update((order.name, victim) for victim in spans)
                start, end = min(first for first, _ in spans.values()), max(last for _, last in spans.values())
                part = tuple(outcome.nodeid for outcome in result.outcomes[start : end + 1])
                found.append(Doubt(replace(order, order=part), tuple(spans)))
        return found

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


def ran_before(result: TrialResult, victim: NodeId) -> tuple[NodeId, ...]:
    """What ran before `victim`, which `result` has."""
    ids = [outcome.nodeid for outcome in result.outcomes]
    return tuple(ids[: len(ids) - 1 - ids[::-1].index(victim)])


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


def _contradiction(result: TrialResult, found: Finding) -> tuple[int, int] | None:
    """Where the first polluter and the victim of `found` stand, if that passed behind all of them; None if not so."""
    if not found.confirmed or found.kind != "victim" or found.failure_rate < 1 or found.worker is not None:
        return None
    outcome = result.of(found.victim)
    if outcome is None or outcome.result != "passed":
        return None
    ids = [one.nodeid for one in result.outcomes]
    end = ids.index(found.victim)
    place = {nodeid: index for index, nodeid in enumerate(ids[:end])}
    cleaned = max((place[nodeid] for nodeid in found.cleaners if nodeid in place), default=-1)
    for polluters in (found.polluters, *found.other_polluting_sets):
        places = [place[nodeid] for nodeid in polluters if nodeid in place]
        if places and len(places) == len(polluters) and places == sorted(places) and places[-1] > cleaned:
            return places[0], end
    return None
