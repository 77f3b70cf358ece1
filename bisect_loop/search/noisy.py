"""Narrowing when the victim fails only sometimes: a peel in which each step is a Bayesian bisection.

The item at which prefixes begin to fail is held; where it does not do it alone, the same is asked of what stood
before it (compare peel.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic

from bisect_loop.model import Verdict
from bisect_loop.search.bayes import bisect_noisy
from bisect_loop.search.belief import LEAST_BACKGROUND, RATES
from bisect_loop.search.question import Search, T, ask_one

STAGE = "alone"


@dataclass(frozen=True, slots=True)
class NoisyNarrowed(Generic[T]):
    """`minimal` does it at `rate` (posterior mean), which is believed with `confidence` (0 to 1).

    `reproduced` says that this very set was seen to fail. Where it is false the run limit came first, or the
    items do not fail at all (then `minimal` is empty): the set is only a guess. `asked` is the number of
    verdicts that were asked for.
    """

    minimal: tuple[T, ...]
    rate: float
    confidence: float
    reproduced: bool
    asked: int


def narrow_noisy(
    items: Sequence[T],
    *,
    confidence: float = 0.99,
    limit: int = 300,
    background: float = 0.0,
    seen: tuple[int, int] = (0, 0),
    weights: Sequence[float] | None = None,
) -> Search[T, NoisyNarrowed[T]]:
    """Narrow `items`, seen to fail now and then, to the few that it takes, order kept.

    `confidence` is wanted of each step, `limit` bounds the verdicts of all; the other parameters are those of
    `bayes.bisect_noisy`, as is the demand that a candidate be run anew each time it is asked about. Raises
    ValueError without items.
    """
    rest: tuple[T, ...] = tuple(items)
    held: tuple[T, ...] = ()
    asked, sure = 0, 1.0
    rates: tuple[float, ...] | None = None
    while True:
        located = yield from bisect_noisy(
            rest,
            held=held,
            confidence=confidence,
            limit=limit - asked,
            background=background,
            seen=(0, 0) if held else seen,
            weights=None if weights is None else weights[: len(rest)],
            rates=rates,
        )
        asked += located.asked
        if located.item is None:
            return NoisyNarrowed(held, located.rate, sure * (1.0 - located.confidence), False, asked)
        held, rest = (located.item, *held), rest[: located.index]
        settled = yield from _settle(
            held, located.alone if rest else 1.0, located.rates, confidence, limit - asked, background
        )
        asked += settled.asked
        rates = settled.rates
        sure *= located.confidence
        if settled.alone > 0.5 or not rest or asked >= limit:
            rate = sum(p * weight for p, weight in zip(RATES, rates, strict=True))
            return NoisyNarrowed(held, rate, sure * settled.alone, settled.failed, asked)
        sure *= 1.0 - settled.alone


@dataclass(frozen=True, slots=True)
class _Settled:
    alone: float
    rates: tuple[float, ...]
    failed: bool
    asked: int


def _settle(
    held: tuple[T, ...], alone: float, rates: Sequence[float], confidence: float, limit: int, background: float
) -> Search[T, _Settled]:
    """Ask about `held` until it is clear whether it does it alone, and if it does, until it was seen to."""
    background = max(background, LEAST_BACKGROUND)
    does = [alone * weight for weight in rates]
    does_not = [(1.0 - alone) * weight for weight in rates]
    asked, failed = 0, False
    while True:
        alone = sum(does) / (sum(does) + sum(does_not))
        if asked >= limit or alone <= 1.0 - confidence or (failed and alone >= confidence):
            by_rate = [first + second for first, second in zip(does, does_not, strict=True)]
            return _Settled(alone, tuple(weight / sum(by_rate) for weight in by_rate), failed, asked)
        verdict = yield from ask_one(held, best=held if failed else None, stage=STAGE)
        asked += 1
        if verdict is Verdict.REPRODUCES:
            failed = True
            does = [rate * weight for rate, weight in zip(RATES, does, strict=True)]
            does_not = [background * weight for weight in does_not]
        elif verdict is Verdict.DOES_NOT:
            does = [(1.0 - rate) * weight for rate, weight in zip(RATES, does, strict=True)]
            does_not = [(1.0 - background) * weight for weight in does_not]
