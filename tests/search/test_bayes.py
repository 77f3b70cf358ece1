from __future__ import annotations

import random

import pytest

from bisect_loop.model import Verdict
from bisect_loop.search.bayes import Located, bisect_noisy
from bisect_loop.search.belief import RATES, Belief
from bisect_loop.search.question import drive

from .worlds import After, Crash, World, names

ITEMS = names(1000)


def _simulate(rate: float, times: int, seen: tuple[int, int] = (0, 0)) -> tuple[list[Located[str]], int]:
    """`times` searches for one random polluter of 1,000; the results, and how many were right."""
    found, right = [], 0
    for seed in range(times):
        guilty = random.Random(seed).choice(ITEMS)
        world = World(ITEMS, After(guilty), rate=rate, seed=seed)
        found.append(drive(bisect_noisy(ITEMS, seen=seen), world))
        right += found[-1].item == guilty
        assert found[-1].asked == len(world.asked)
    return found, right


@pytest.mark.parametrize(("rate", "most"), [(1.0, 15), (0.7, 25), (0.5, 41), (0.3, 85)])
def test_right_at_any_rate_and_at_the_promised_cost(rate: float, most: int) -> None:
    """With the rate unknown beforehand, 1,000 items cost at most 15 / 25 / 41 / 85 runs in the mean."""
    found, right = _simulate(rate, 30)
    assert right >= 29
    assert sum(one.asked for one in found) / len(found) <= most
    assert all(one.confidence >= 0.99 for one in found)
    assert abs(sum(one.rate for one in found) / len(found) - rate) < 0.15


def test_a_rate_that_was_seen_saves_runs() -> None:
    """Where the whole failed five times of five before, fewer runs are needed than without that knowledge."""
    knowing, _ = _simulate(1.0, 20, seen=(5, 5))
    ignorant, _ = _simulate(1.0, 20)
    assert sum(one.asked for one in knowing) < sum(one.asked for one in ignorant)


def test_the_same_answers_give_the_same_search() -> None:
    """Nothing but the verdicts decides what is asked."""
    worlds = [World(ITEMS, After("t0123"), rate=0.6, seed=3) for _ in range(2)]
    results = [drive(bisect_noisy(ITEMS), world) for world in worlds]
    assert results[0] == results[1] and worlds[0].asked == worlds[1].asked


def test_candidates_are_prefixes_or_one_item_with_what_is_held() -> None:
    """Order is kept, and what is held stands last in every candidate."""
    world = World(ITEMS, After("t0400 held"), rate=0.8, seed=1)
    found = drive(bisect_noisy(ITEMS, held=("held",)), world)
    assert (found.item, found.index) == ("t0400", 400)
    assert all(prefix[-1] == "held" for prefix in world.asked)
    assert all(prefix[:-1] == ITEMS[: len(prefix) - 1] or len(prefix) == 2 for prefix in world.asked)


def test_of_several_needed_together_the_last_is_found() -> None:
    """The item at which prefixes begin to fail is found, and not said to do it alone where it does not."""
    for seed in range(10):
        world = World(ITEMS, After("t0100 t0700"), rate=0.7, seed=seed)
        found = drive(bisect_noisy(ITEMS), world)
        assert found.item == "t0700" and found.alone < 0.9


def test_the_limit_ends_it_and_is_not_hidden() -> None:
    """After `limit` verdicts the best guess comes back with the confidence it has."""
    world = World(ITEMS, After("t0500"), rate=0.3, seed=0)
    found = drive(bisect_noisy(ITEMS, limit=5), world)
    assert found.asked == len(world.asked) == 5 and found.confidence < 0.5


def test_a_victim_that_never_fails_accuses_nobody() -> None:
    """Passes alone make it likely that nobody does it, and never that somebody does."""
    for count in (1, 2, 1000):
        found = drive(bisect_noisy(names(count)), World(names(count), After("elsewhere")))
        assert found.item is None and found.index == count and found.asked < 200


def test_unresolved_moves_nothing_and_does_not_stop_it() -> None:
    """Prefixes that crash are asked about less, and the search gets around them."""
    for seed in range(5):
        world = World(ITEMS, After("t0500"), crashes=[Crash("t0900")], rate=0.7, seed=seed)
        assert drive(bisect_noisy(ITEMS), world).item == "t0500"


def test_nothing_but_crashes_ends_at_the_limit() -> None:
    """Where every run is UNRESOLVED, the belief stays what it was."""
    found = drive(bisect_noisy(names(10), limit=30), World(names(10), After("t0001"), crashes=[Crash("t0000")]))
    assert found.asked <= 30
    found = drive(bisect_noisy(names(10), limit=30), lambda _: Verdict.UNRESOLVED)
    assert found.asked == 30 and found.confidence == pytest.approx(0.095)


def test_a_background_of_failures_is_reckoned_with() -> None:
    """A victim that fails now and then without the polluter is bisected when that is said."""
    right = 0
    for seed in range(20):
        chance = random.Random(seed)
        guilty = chance.randrange(200)

        def flaky(prefix: tuple[str, ...], chance: random.Random = chance, guilty: int = guilty) -> Verdict:
            rate = 0.8 if ITEMS[guilty] in prefix else 0.1
            return Verdict.REPRODUCES if chance.random() < rate else Verdict.DOES_NOT

        right += drive(bisect_noisy(ITEMS[:200], background=0.1), flaky).index == guilty
    assert right >= 19


def test_evidence_helps_and_does_not_decide() -> None:
    """A heavy weight on the polluter saves runs; on an innocent item it costs some, and accuses nobody."""
    counts = {}
    for weighed in ("t0500", "t0100", None):
        weights = None if weighed is None else [200.0 if item == weighed else 1.0 for item in ITEMS]
        world = World(ITEMS, After("t0500"), rate=0.8, seed=4)
        assert drive(bisect_noisy(ITEMS, weights=weights), world).item == "t0500"
        counts[weighed] = len(world.asked)
    assert counts["t0500"] < counts[None]


def test_one_item_needs_one_failure_and_none_is_refused() -> None:
    """Among one it is that one or nobody; among none there is no answer."""
    found = drive(bisect_noisy(("a",)), World("a", After("a")))
    assert found.item == "a" and found.asked == 1
    with pytest.raises(ValueError, match="none"):
        drive(bisect_noisy(()), World("", After("a")))


def test_the_belief_agrees_with_bayes_theorem_item_by_item() -> None:
    """The posterior kept by segments is the one that a plain table over items, rates and kinds gives."""
    chance = random.Random(0)
    weights = [chance.uniform(0.5, 3.0) for _ in range(12)]
    belief, background = Belief(weights, 0.05, 0.7), 0.05
    shares = [0.95 * weight / sum(weights) for weight in weights] + [0.05]  # the last is nobody
    table = {
        (item, rate, kind): shares[item] * share
        for item in range(13)
        for rate in RATES
        for kind, share in (("alone", 0.7), ("behind", 0.3))
    }
    for _ in range(25):
        start, end = (0, chance.randint(1, 12)) if chance.random() < 0.6 else (at := chance.randrange(12), at + 1)
        failed = chance.random() < 0.4
        belief.learn(start, end, failed=failed)
        for item, rate, kind in table:
            ran = start <= item < end and (kind == "alone" or start == 0)
            fails = rate if ran else background
            table[item, rate, kind] *= fails if failed else 1.0 - fails
    total = sum(table.values())
    by_item = [sum(mass for key, mass in table.items() if key[0] == item) / total for item in range(13)]
    index, certainty = belief.likeliest()
    assert by_item[index] == pytest.approx(max(by_item)) == pytest.approx(certainty)
    alone = sum(mass for key, mass in table.items() if key[0] == index and key[2] == "alone") / total
    assert belief.alone(index) == pytest.approx(alone / by_item[index])
    by_rate = [sum(mass for key, mass in table.items() if key[1] == rate) / total for rate in RATES]
    assert belief.by_rate() == pytest.approx(by_rate)
