"""Compares plain pytest with the model: is a suite what the generator says it is?"""

from __future__ import annotations

import random
import tempfile
from collections.abc import Iterator
from pathlib import Path

from .model import Seen
from .oracle import observe
from .truth import Truth
from .worlds import generate

Order = tuple[str, ...]


def main_orders(truth: Truth) -> list[Order | None]:
    """pytest's own order (None), the first victims alone, and each after one of its polluting or setting sets."""
    orders: list[Order | None] = [None]
    for one in truth.expected[:2]:
        orders.append((one.victim,))
        sets = sorted(map(sorted, one.polluting_sets or one.setter_sets))
        orders += [(*chosen, one.victim) for chosen in sets[:1]]
    return orders


def many_orders(truth: Truth, seed: int) -> list[Order | None]:
    """The main orders and more: reversed, shuffled, half of the tests, each set in any order, with a cleaner."""
    rng, ids = random.Random(seed), truth.plot.order
    orders = [*main_orders(truth), ids[::-1], tuple(rng.sample(ids, len(ids))), tuple(rng.sample(ids, len(ids) // 2))]
    if truth.failing_order is not None:
        orders.append(truth.failing_order)
    for one in truth.expected[:4]:
        sets = sorted(map(sorted, one.polluting_sets | one.setter_sets))
        orders += [(*rng.sample(chosen, len(chosen)), one.victim) for chosen in sets[:3]]
        orders += [(*sets[0], cleaner, one.victim) for cleaner in sorted(one.cleaners)[:2] if cleaner not in sets[0]]
    return orders


def disagreements(truth: Truth, suite: Path, orders: list[Order | None]) -> Iterator[str]:
    """Yield a sentence for each of `orders` in which plain pytest on `suite` shows something else than the model."""
    for order in orders:
        observed = observe(suite, order)
        if observed.collected != truth.plot.order:
            strange = [pair for pair in zip(observed.collected, truth.plot.order, strict=False) if len(set(pair)) > 1]
            yield f"collected {len(observed.collected)} tests in another order than foretold: {strange[:2]}"
            return
        foretold = truth.plot.simulate(truth.plot.order if order is None else order)
        wrong = {
            nodeid: (foretold.get(nodeid), observed.seen.get(nodeid))
            for nodeid in {*foretold, *observed.seen}
            if not same(foretold.get(nodeid), observed.seen.get(nodeid))
        }
        if wrong:
            name = "the default order" if order is None else order if len(order) < 5 else f"{len(order)} tests"
            yield f"in {name}: {wrong}"


def same(model: Seen | None, real: Seen | None) -> bool:
    """Tell whether pytest showed what the model says.

    A process that ends has no exception and no phase, and the members of a family vary from one Python to another.
    """
    if model is None or real is None or model.error is None or real.error is None:
        return model == real
    said, shown = model.error, real.error
    if said.family:
        return said.phase == shown.phase
    return said.type == shown.type and (said.ends_process or said.phase == shown.phase)


def check_seed(seed: int) -> list[str]:
    """Write the suite of `seed`, try many orders, and return the disagreements."""
    with tempfile.TemporaryDirectory() as folder:
        truth = generate(seed).write(Path(folder))
        return list(disagreements(truth, Path(folder), many_orders(truth, seed)))
