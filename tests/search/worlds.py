"""Worlds that are declared: when does a victim fail, given what ran before it?

    World("t00 t01 t02 t03", After("t01", unless=["t02"]))

says that the victim fails after t01 unless t02 ran between. A world is a predicate for searches (`world(prefix)`),
and it keeps count of what it was asked and of how many items ran for it.
"""

from __future__ import annotations

import random
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from bisect_loop.model import Verdict


class Rule(Protocol):
    def holds(self, prefix: Sequence[str]) -> bool:
        """Tell whether the victim fails after `prefix`."""
        ...


def names(count: int) -> tuple[str, ...]:
    """`count` item names in order: t0000, t0001, ..."""
    return tuple(f"t{index:04}" for index in range(count))


def _words(text: str | Collection[str]) -> tuple[str, ...]:
    return tuple(text.split()) if isinstance(text, str) else tuple(text)


@dataclass(frozen=True)
class After:
    """Fails after all of `polluters`, unless one of `unless` ran behind the last of them.

    With `chain` the polluters must have run in the order given.
    """

    polluters: str | Collection[str]
    unless: str | Collection[str] = ()
    chain: bool = False

    def holds(self, prefix: Sequence[str]) -> bool:
        needed = _words(self.polluters)
        last = {item: index for index, item in enumerate(prefix)}
        if any(item not in last for item in needed):
            return False
        places = [last[item] for item in needed]
        if self.chain and places != sorted(places):
            return False
        cleaners = _words(self.unless)
        return not any(item in cleaners for item in prefix[max(places, default=-1) + 1 :])


@dataclass(frozen=True)
class Either:
    """Fails when any of the rules holds."""

    rules: Sequence[Rule]

    def holds(self, prefix: Sequence[str]) -> bool:
        return any(rule.holds(prefix) for rule in self.rules)


@dataclass(frozen=True)
class Toggle:
    """Fails after an odd number of `items`: each victim that fails heals what broke it."""

    items: str | Collection[str]

    def holds(self, prefix: Sequence[str]) -> bool:
        return sum(item in _words(self.items) for item in prefix) % 2 == 1


@dataclass(frozen=True)
class Crash:
    """`item` crashes the process unless one of `after` ran before it: the trial settles nothing."""

    item: str
    after: str | Collection[str] = ()

    def holds(self, prefix: Sequence[str]) -> bool:
        if self.item not in prefix:
            return False
        return not any(item in _words(self.after) for item in prefix[: prefix.index(self.item)])


@dataclass
class World:
    """The items that run before a victim, when it fails (at `rate`), and what crashes."""

    items: str | Collection[str]
    fails: Rule
    crashes: Sequence[Rule] = ()
    rate: float = 1.0
    seed: int = 0
    asked: list[tuple[str, ...]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.items = _words(self.items)
        self._chance = random.Random(self.seed)

    def __call__(self, prefix: tuple[str, ...]) -> Verdict:
        self.asked.append(prefix)
        return self.verdict(prefix)

    def verdict(self, prefix: Sequence[str]) -> Verdict:
        """The verdict of one run of `prefix`, uncounted."""
        if any(crash.holds(prefix) for crash in self.crashes):
            return Verdict.UNRESOLVED
        if self.fails.holds(prefix) and (self.rate >= 1.0 or self._chance.random() < self.rate):
            return Verdict.REPRODUCES
        return Verdict.DOES_NOT

    @property
    def executed(self) -> int:
        """How many items ran, victims apart."""
        return sum(map(len, self.asked))
