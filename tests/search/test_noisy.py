from __future__ import annotations

import random

import pytest

from bisect_loop.search.noisy import narrow_noisy
from bisect_loop.search.question import drive

from .worlds import After, World, names

ITEMS = names(500)


@pytest.mark.parametrize(("together", "rate", "most"), [(1, 0.5, 45), (2, 0.7, 85), (3, 0.7, 140)])
def test_finds_what_is_needed_together(together: int, rate: float, most: int) -> None:
    """One, two or three polluters of a victim that fails now and then: the exact set, seen to fail."""
    right, asked = 0, 0
    for seed in range(15):
        needed = sorted(random.Random(seed).sample(ITEMS, together))
        world = World(ITEMS, After(needed), rate=rate, seed=seed)
        found = drive(narrow_noisy(ITEMS), world)
        right += found.minimal == tuple(needed)
        asked += found.asked
        assert found.reproduced and found.asked == len(world.asked)
        assert found.confidence >= 0.9
    assert right >= 14
    assert asked / 15 <= most


def test_the_first_item_may_be_needed() -> None:
    """Where nothing is left before what is held, it is enough, and is still to be seen to fail."""
    world = World(ITEMS, After("t0000 t0001"), rate=0.8, seed=1)
    found = drive(narrow_noisy(ITEMS), world)
    assert found.minimal == ("t0000", "t0001") and found.reproduced
    assert found.minimal in world.asked


def test_a_limit_that_comes_first_is_said() -> None:
    """Without a failure of the very set, it is not said to have reproduced, and confidence is low."""
    world = World(ITEMS, After("t0100 t0400"), rate=0.5, seed=2)
    found = drive(narrow_noisy(ITEMS, limit=20), world)
    assert not found.reproduced and found.asked == 20 and found.confidence < 0.5


def test_a_victim_that_never_fails_accuses_nobody() -> None:
    """Where nothing fails the set is empty, and is not said to have reproduced."""
    found = drive(narrow_noisy(ITEMS), World(ITEMS, After("elsewhere")))
    assert found.minimal == () and not found.reproduced and found.confidence < 0.05


def test_none_is_refused() -> None:
    """Among no items there is no answer."""
    with pytest.raises(ValueError, match="none"):
        drive(narrow_noisy(()), World("", After("a")))
