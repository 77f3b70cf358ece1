"""The nightly plan: orders that nobody has seen yet, until the budget ends; each finding reported once.

Thin on purpose: which order comes next is `next_orders`' to say, and a planner that knows which pairs of tests
were covered fits in its place.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass, field

from bisect_loop.asking import Failure
from bisect_loop.history import History, Run, StoredFinding
from bisect_loop.model import NamedOrder, NodeId
from bisect_loop.reproduce import Investigation
from bisect_loop.search import orders


def next_orders(ids: Sequence[NodeId], seen: Set[str]) -> Iterator[NamedOrder]:
    """Yield orders whose names are not in `seen`, without end: default, reverse, then shuffles by new seeds."""
    for name, order in (("default", orders.default(ids)), ("reverse", orders.reverse(ids))):
        if name not in seen:
            yield NamedOrder(name, order)
    seed = 0
    while True:
        seed += 1
        if f"shuffle:{seed}" not in seen:
            yield NamedOrder(f"shuffle:{seed}", orders.shuffle(ids, seed), seed)


@dataclass(slots=True)
class Hunt:
    """One night: `known` are findings of earlier nights that were met again."""

    investigation: Investigation
    history: History
    run: Run
    known: list[StoredFinding] = field(default_factory=list)

    def go(self, most_orders: int | None = None) -> None:
        """Hunt until the budget of the session is spent, the user interrupts, or `most_orders` were run."""
        session = self.investigation.session
        seen = {order.name for order in self.history.orders_seen(self.run.fingerprint)}
        with self.investigation.stopping():
            for number, order in enumerate(next_orders(session.suite.nodeids, seen), 1):
                self.investigation.run_orders([order])
                self.investigation.diagnose(self._new())
                if number == most_orders:
                    break

    def _new(self) -> list[Failure]:
        """The failures that neither an earlier night nor this one has explained; known ones are counted."""
        fresh = []
        done = {(found.victim, found.signature.key) for found in self.investigation.findings}
        for failure in self.investigation.observed.failures():
            assert failure.signature is not None
            if (failure.victim, failure.signature.key) in done:
                continue
            known = self.history.known(failure.victim, failure.signature)
            for stored in known:
                self.history.count_sighting(stored.id, run=self.run)
                if all(stored.id != one.id for one in self.known):
                    self.known.append(stored)
            if not known:
                fresh.append(failure)
        return fresh
