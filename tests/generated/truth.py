"""Who pollutes whom, worked out from a model by trying every small set of tests in every order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, permutations

from .model import Error, Plot

MOST_TOGETHER = 3
"""No kind needs more tests (or files) together than this."""


@dataclass(frozen=True)
class Expected:
    """One failure that a suite can show, and every right way to explain it.

    `kinds` are the finding kinds that fit. Of `polluting_sets`, `setter_sets` and `import_sets` (of files) any one
    member is a right answer; no member contains another. `alone` is the victim's result when it runs alone.
    `required` is false where none of the orders that the tool is sure to try shows the failure.
    """

    kinds: frozenset[str]
    victim: str
    error: Error
    alone: str
    polluting_sets: frozenset[frozenset[str]] = frozenset()
    setter_sets: frozenset[frozenset[str]] = frozenset()
    import_sets: frozenset[frozenset[str]] = frozenset()
    cleaners: frozenset[str] = frozenset()
    required: bool = True

    @property
    def depends_on_order(self) -> bool:
        """False for a test that fails whatever is done."""
        return self.kinds != {"always-fails"}

    @property
    def involved(self) -> frozenset[str]:
        """Every test that may be named in any role."""
        sets = (*self.polluting_sets, *self.setter_sets, self.cleaners)
        return frozenset({self.victim}.union(*sets))


@dataclass(frozen=True)
class Truth:
    """All that is known of one suite: what the tool has to find, and how it is to be called.

    `failing_order` is an order that shows an expected failure, None for a healthy suite; `hand_over` tells that
    the tool is to be given it with `--order`. `orders` is what `--orders` takes otherwise ("" for the caller's own
    choice). `options` are further options of `bisect-loop run`. `tree_changes` are the folders that the tests
    themselves write to.
    """

    kind: str
    plot: Plot
    expected: tuple[Expected, ...]
    failing_order: tuple[str, ...] | None
    hand_over: bool = False
    orders: str = ""
    options: tuple[str, ...] = ()
    tree_changes: tuple[str, ...] = ()

    @property
    def innocents(self) -> frozenset[str]:
        """The tests that no report may name."""
        return frozenset(self.plot.order).difference(*(one.involved for one in self.expected))

    @property
    def exit_codes(self) -> frozenset[int]:
        """The right exit statuses: more than one where the only victims are skipped alone, and so never pass."""
        alone = {one.alone for one in self.expected if one.required and one.depends_on_order}
        if alone == {"skipped"}:
            return frozenset({0, 1})
        return frozenset({1 if alone else 0})


def derive(plot: Plot, tried: Sequence[Sequence[str]]) -> tuple[Expected, ...]:
    """Return every failure that `plot` can show, those that one of the `tried` orders shows marked as required."""
    shown = [(nodeid, seen.error) for order in tried for nodeid, seen in plot.simulate(order).items() if seen.error]
    found = []
    for test in plot.tests:
        errors: list[Error] = []
        for _, error in test.behaviour.fails:
            if not any(error.same_as(other) for other in errors):
                errors.append(error)
        for error in errors:
            required = any(nodeid == test.nodeid and other.same_as(error) for nodeid, other in shown)
            one = _explain(plot, test.nodeid, error, required)
            if one is not None:
                found.append(one)
    return tuple(found)


def _explain(plot: Plot, victim: str, error: Error, required: bool) -> Expected | None:
    actors = [test.nodeid for test in plot.tests if test.behaviour.effects and test.nodeid != victim]
    files = list(plot.import_facts)

    def fails(order: Sequence[str], collected: Iterable[str] | None = None) -> bool:
        shown = plot.error_of(victim, order, None if collected is None else frozenset(collected))
        return shown is not None and shown.same_as(error)

    def imports_needed(order: Sequence[str]) -> frozenset[frozenset[str]]:
        own = plot.files_of(order)
        extra = [file for file in files if file not in own]
        return frozenset(minimal_sets(extra, lambda added: fails(order, own.union(added))))

    alone = plot.simulate([victim])[victim]
    if alone.error is not None and not alone.error.same_as(error):
        return None
    if alone.error is None:
        sets = frozenset(minimal_sets(actors, lambda order: fails((*order, victim))))
        if not sets:
            return None
        orders = [order for one in sets for order in permutations(sorted(one)) if fails((*order, victim))]
        needed = frozenset().union(*(imports_needed((*order, victim)) for order in orders))
        cleaners = frozenset(
            nodeid
            for nodeid in plot.order
            for order in orders
            if nodeid != victim and nodeid not in order and not fails((*order, nodeid, victim))
        )
        kinds = {"victim", "import-time"} if any(needed) else {"victim"}
        return Expected(frozenset(kinds), victim, error, alone.result, sets, frozenset(), needed, cleaners, required)
    needed = imports_needed([victim])
    if any(needed):
        return Expected(frozenset({"import-time"}), victim, error, "failed", import_sets=needed, required=required)
    setters = frozenset(minimal_sets(actors, lambda order: plot.error_of(victim, (*order, victim)) is None))
    kind = "brittle" if setters else "always-fails"
    return Expected(frozenset({kind}), victim, error, "failed", setter_sets=setters, required=required)


def minimal_sets(candidates: Sequence[str], works: Callable[[tuple[str, ...]], bool]) -> Iterator[frozenset[str]]:
    """Yield each set of at most MOST_TOGETHER candidates that works in some order while no part of it does."""
    found: list[frozenset[str]] = []
    for size in range(MOST_TOGETHER + 1):
        for chosen in combinations(candidates, size):
            one = frozenset(chosen)
            if any(smaller <= one for smaller in found):
                continue
            if any(works(order) for order in permutations(chosen)):
                found.append(one)
                yield one
