"""What is believed of a victim that fails only sometimes, after some runs: a joint posterior, kept small."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from itertools import accumulate
from math import log2

# Failure rates that are told apart. The last is not 1: one pass that should not be must not rule an item out.
RATES: tuple[float, ...] = (*(step / 20 for step in range(1, 20)), 0.999)
LEAST_BACKGROUND = 1e-6  # for the same reason, one failure that should not be
_QUANTILES = tuple(step / 40 for step in range(1, 40))
_NOBODY = 0.05  # how likely it is, before any run, that the victim fails no more often than it does anyway
# A column is a rate and a kind: first the items that do it alone, then those that need items before them.
_COLUMNS = RATES + RATES
_ALONE = slice(0, len(RATES))


class Belief:
    """The posterior over (item, rate, does it alone), where one item is the one, or nobody.

    Under "alone" the victim fails, at the rate, whenever the item ran; otherwise, when it and everything before
    it ran. In all other runs it fails at the background rate. Nobody stands behind the last item, where no run
    gets to: without it, passes alone would in the end accuse the last item, whose turn comes least often.

    Two items between the same neighbouring cuts cannot be told apart yet, so the posterior is kept by segment
    between cuts, not by item: its size grows with what was asked, not with the suite.
    """

    def __init__(
        self, weights: Sequence[float], background: float, alone: float, rates: Sequence[float] | None = None
    ) -> None:
        total = sum(weights)
        self._size = len(weights)
        self._before = [0.0, *(weight / total for weight in accumulate(weights)), 2.0]
        self._background = max(background, LEAST_BACKGROUND)
        prior = [1.0] * len(RATES) if rates is None else list(rates)
        scale = sum(prior)
        # Segment s holds the items from starts[s] up to starts[s + 1]; the last holds nobody.
        self._starts = [0, self._size, self._size + 1]
        columns = [share * weight / scale for share in (alone, 1.0 - alone) for weight in prior]
        self._mass = [[share * mass for mass in columns] for share in (1.0 - _NOBODY, _NOBODY)]
        self._summarise()

    def learn(self, start: int, end: int, *, failed: bool) -> None:
        """Take in one run of the items from `start` up to `end`: a prefix, or a single item."""
        self._split(start)
        self._split(end)
        outside = self._background if failed else 1.0 - self._background
        inside = list(_COLUMNS if failed else (1.0 - rate for rate in _COLUMNS))
        if start > 0:
            inside[len(RATES) :] = [outside] * len(RATES)
        for segment, masses in enumerate(self._mass):
            if start <= self._starts[segment] < end:
                self._mass[segment] = [mass * factor for mass, factor in zip(masses, inside, strict=True)]
            else:
                self._mass[segment] = [mass * outside for mass in masses]
        total = sum(map(sum, self._mass))
        self._mass = [[mass / total for mass in masses] for masses in self._mass]
        self._summarise()

    def likeliest(self) -> tuple[int, float]:
        """The index of the likeliest item (the first of equals), and its probability; past the end for nobody."""
        best, certainty = 0, -1.0
        for segment, total in enumerate(self._total):
            places = range(self._starts[segment], self._starts[segment + 1])
            index = max(places, key=lambda place: self._before[place + 1] - self._before[place])
            probability = total * self._part(segment, index, index + 1)
            if probability > certainty:
                best, certainty = index, probability
        return best, certainty

    def alone(self, index: int) -> float:
        """The probability that the item at `index`, if it is the one, does it alone."""
        segment = self._segment(index)
        total = self._total[segment]
        return sum(self._mass[segment][_ALONE]) / total if total else 0.0

    def by_rate(self) -> list[float]:
        """The posterior over RATES."""
        columns = [sum(column) for column in zip(*self._mass, strict=True)]
        return [first + second for first, second in zip(columns[_ALONE], columns[len(RATES) :], strict=True)]

    def cuts(self) -> list[int]:
        """Lengths of prefixes worth asking about: those around each quantile of the posterior, shortest first."""
        found: set[int] = set()
        for quantile in _QUANTILES:
            segment = min(bisect_left(self._total_upto, quantile) - 1, len(self._total) - 1)
            start, end = self._starts[segment], self._starts[segment + 1]
            part = (quantile - self._total_upto[segment]) / self._total[segment]
            weight = self._before[start] + part * (self._before[end] - self._before[start])
            length = bisect_left(self._before, weight, start, end)
            found.update((length - 1, length, length + 1))
        return sorted(length for length in found if 0 < length <= self._size) or [self._size]

    def information(self, length: int) -> float:
        """The bits that one run of the first `length` items is expected to tell about which item it is."""
        segment = bisect_left(self._starts, length) - 1
        part = self._part(segment, self._starts[segment], length)
        covered = self._total_upto[segment] + part * self._total[segment]
        failing = self._failing_upto[segment] + part * self._failing[segment]
        doubt = self._doubt_upto[segment] + part * self._doubt[segment]
        rest = max(1.0 - covered, 0.0)
        return _entropy(failing + rest * self._background) - doubt - rest * _entropy(self._background)

    def _segment(self, index: int) -> int:
        return bisect_left(self._starts, index + 1) - 1

    def _part(self, segment: int, start: int, end: int) -> float:
        """How much of a segment's prior stands on the items from `start` up to `end`."""
        first, last = self._starts[segment], self._starts[segment + 1]
        return (self._before[end] - self._before[start]) / (self._before[last] - self._before[first])

    def _split(self, length: int) -> None:
        place = bisect_left(self._starts, length)
        if self._starts[place] == length:
            return
        part = self._part(place - 1, self._starts[place - 1], length)
        masses = self._mass[place - 1]
        self._mass[place - 1 : place] = [[mass * share for mass in masses] for share in (part, 1.0 - part)]
        self._starts.insert(place, length)

    def _summarise(self) -> None:
        """Per segment, and summed up to each: its mass, the mass that fails when covered, and the doubt left."""
        self._total = [sum(masses) for masses in self._mass]
        self._failing = [sum(p * mass for p, mass in zip(_COLUMNS, masses, strict=True)) for masses in self._mass]
        self._doubt = [
            total * _entropy(failing / total) if total else 0.0
            for total, failing in zip(self._total, self._failing, strict=True)
        ]
        self._total_upto = [0.0, *accumulate(self._total)]
        self._failing_upto = [0.0, *accumulate(self._failing)]
        self._doubt_upto = [0.0, *accumulate(self._doubt)]


def _entropy(p: float) -> float:
    """The entropy, in bits, of an event of probability `p`."""
    if p <= 0.0 or p >= 1.0:
        return 0.0
    return -p * log2(p) - (1.0 - p) * log2(1.0 - p)
