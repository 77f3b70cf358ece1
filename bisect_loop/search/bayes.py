"""Bayesian bisection: which item does it, when the victim fails only sometimes?

Plain bisection believes every pass. At a failure rate of one half and 1,000 items it is right 2 % of the time.
Here each answer moves a posterior over which item it is, at which rate it makes the victim fail, and whether
it does so alone. (Probabilistic bisection: M. Horstein, "Sequential Transmission Using Noiseless Feedback",
IEEE Transactions on Information Theory 9, 1963. Here a failure says far more than a pass, and the rate is a
nuisance parameter on a grid.)

What is asked about is a prefix, the one whose outcome is expected to say the most about the item, or the item
alone once it is likely: one failure of it alone settles what many passes of the prefix before it would.

The item that is found is the one at which prefixes begin to fail. Where several are needed together that is
the last of them, and the search may go on before it with the item held (noisy.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic

from bisect_loop.model import Verdict
from bisect_loop.search.belief import RATES, Belief
from bisect_loop.search.question import Search, T, ask_one

STAGE = "bayes"

# An item likelier than this is asked about alone. Lower wastes runs on items that are not it; higher, on passes
# of the prefix before it. From 0.1 to 0.4 it hardly matters.
_LIKELY = 0.25


@dataclass(frozen=True, slots=True)
class Located(Generic[T]):
    """`items[index]` is `item`: with posterior probability `confidence` it is where prefixes begin to fail.

    Where it is likelier that none does it, `item` is None and `index` past the end.

    `alone` is the probability that it does so without the items before it. `rate` is the posterior mean of the
    failure rate, `rates` the whole posterior over belief.RATES. `asked` is the number of verdicts that were
    asked for; where the limit ended the search, `confidence` is less than was wanted.
    """

    item: T | None
    index: int
    confidence: float
    alone: float
    rate: float
    rates: tuple[float, ...]
    asked: int


def bisect_noisy(
    items: Sequence[T],
    *,
    held: tuple[T, ...] = (),
    confidence: float = 0.99,
    limit: int = 200,
    background: float = 0.0,
    seen: tuple[int, int] = (0, 0),
    alone: float = 0.9,
    weights: Sequence[float] | None = None,
    rates: Sequence[float] | None = None,
) -> Search[T, Located[T]]:
    """Find the item of `items` at which prefixes, each followed by `held`, begin to fail.

    Every candidate is a prefix, or one item, and `held` behind it; they are asked about one at a time and often
    more than once, so a caller must run each anew. Stops at `confidence`, or after `limit` verdicts.
    `background` is the rate at which the victim fails without the item. `seen` is how often the whole failed in
    how many runs before. Priors: `alone`, that the item needs none before it; `weights`, one positive number an
    item (evidence); `rates`, one number an entry of belief.RATES; without them all are alike. UNRESOLVED moves
    nothing, and makes its candidate half as attractive. Raises ValueError without items.
    """
    if not items:
        raise ValueError("there is no item to be found among none")
    belief = Belief([1.0] * len(items) if weights is None else weights, background, alone, rates)
    for run in range(seen[1]):
        belief.learn(0, len(items), failed=run < seen[0])
    unresolved: dict[tuple[int, int], int] = {}
    asked = 0
    while True:
        index, certainty = belief.likeliest()
        if certainty >= confidence or asked >= limit:
            by_rate = belief.by_rate()
            rate = sum(p * weight for p, weight in zip(RATES, by_rate, strict=True))
            return Located(
                items[index] if index < len(items) else None,
                index,
                certainty,
                belief.alone(index),
                rate,
                tuple(by_rate),
                asked,
            )
        start, end = _next(belief, len(items), unresolved)
        verdict = yield from ask_one((*items[start:end], *held), best=None, stage=STAGE)
        asked += 1
        if verdict is Verdict.UNRESOLVED:
            unresolved[start, end] = unresolved.get((start, end), 0) + 1
        else:
            belief.learn(start, end, failed=verdict is Verdict.REPRODUCES)


def _next(belief: Belief, size: int, unresolved: dict[tuple[int, int], int]) -> tuple[int, int]:
    """Where the next candidate starts and ends."""
    index, certainty = belief.likeliest()
    doubt = 0.5 ** unresolved.get((index, index + 1), 0)
    if index < size and certainty * belief.alone(index) * doubt > _LIKELY:
        return index, index + 1
    return 0, max(belief.cuts(), key=lambda cut: belief.information(cut) * 0.5 ** unresolved.get((0, cut), 0))
