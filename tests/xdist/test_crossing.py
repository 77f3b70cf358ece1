"""The plan for failures that no single lane shows, over a declared world: names only what was shown, and few trials."""

from __future__ import annotations

import random
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import pytest

from bisect_loop.asking import Failure
from bisect_loop.confirm import Confirmed
from bisect_loop.diagnose import Diagnosis
from bisect_loop.lanes.confirm import LanesClaim
from bisect_loop.lanes.crossing import Crossing
from bisect_loop.lanes.sighting import Crew, Sighting
from bisect_loop.model import (
    Confirmation,
    Ending,
    Lane,
    LaneResult,
    NodeId,
    Outcome,
    Replay,
    Suite,
    Trial,
    TrialResult,
    Worker,
)
from bisect_loop.runner.dispatch import Dispatch
from bisect_loop.search import rates
from tests.fakes import BROKEN, FakeSuite, Rule
from tests.plan.test_diagnose import CONDITION, FakeConfirmer, Silent

IDS = tuple(f"tests/test_{index // 10}.py::t{index}" for index in range(40))
VICTIM = IDS[34]
WORKERS = (Worker("gw0", 2), Worker("gw1", 2))


@dataclass
class World:
    """A Runner: the victim fails at `rate` in a lane beside all of `needs`, after all of `before` in its own lane.

    `hides` keeps it from failing while another lane holds so many tests: they do not meet in time.
    """

    serial: FakeSuite
    needs: tuple[NodeId, ...]
    before: tuple[NodeId, ...] = ()
    rate: float = 1.0
    hides: int = 1000
    name: str = "fresh"
    runs: int = 0
    chance: random.Random = field(default_factory=lambda: random.Random(1))

    def beside(self, lanes: Sequence[Lane]) -> bool:
        self.runs += 1
        own = next(lane.order for lane in lanes if VICTIM in lane.order)
        others = [nodeid for lane in lanes if VICTIM not in lane.order for nodeid in lane.order]
        met = set(self.needs) <= set(others) and set(self.before) <= set(own) and len(others) < self.hides
        return met and self.chance.random() < self.rate

    def run(self, trial: Trial) -> TrialResult:
        if not trial.lanes:
            return self.serial.run(trial)
        outcome = Outcome(VICTIM, "failed", (BROKEN,)) if self.beside(trial.lanes) else Outcome(VICTIM, "passed")
        return TrialResult((outcome,), Ending.FINISHED, self.name)

    def close(self) -> None: ...


@dataclass
class FakeLanesConfirmer:
    """Pytest-xdist over the same world."""

    world: World

    def confirm(self, claim: LanesClaim) -> Confirmed:
        shown = [self.world.beside(claim.lanes) for _ in range(12)]
        confidence = rates.confidence(sum(shown), 12, 0, 12)
        return Confirmed(confidence >= 0.99, Confirmation((sum(shown), 12), (3, 3)), Replay("pytest", True), confidence)


def sighting(beside: Sequence[NodeId]) -> Sighting:
    own = (*IDS[20:34], VICTIM)
    return Sighting(Lane(WORKERS[1], own), (Lane(WORKERS[0], IDS[:20]),), frozenset(beside), (*IDS[:20], *IDS[20:34]))


FAILURE = Failure(VICTIM, BROKEN, IDS[20:34], None, ("xdist:2/gw1",))


def crossing(world: World) -> Crossing:
    dispatch = Dispatch(world, None, ThreadPoolExecutor(1))
    suite = Suite("/", IDS, "3.11", "9.0")
    confirmer = FakeConfirmer(world.serial)
    return Crossing(Diagnosis(dispatch, suite, CONDITION, Silent(), confirmer=confirmer), FakeLanesConfirmer(world))


def quiet(*rules: Rule) -> FakeSuite:
    return FakeSuite(IDS, rules, name="fresh")


def test_a_clash_of_two_is_named_in_few_trials() -> None:
    """What ran at the same time is tried first: the pair is found, confirmed and called cross-process."""
    world = World(quiet(), (IDS[7],))
    found = crossing(world).diagnose(FAILURE, sighting(IDS[6:9]))
    assert (found.kind, found.confirmed, found.polluters) == ("cross-process", True, (IDS[7],))
    assert found.minimal_order == (IDS[7], VICTIM)
    assert found.lanes == (Lane(WORKERS[0], (IDS[7],)), Lane(WORKERS[1], (VICTIM,)))
    assert found.needs.workers == 2
    assert world.runs <= 24


@pytest.mark.parametrize("needs", [(3,), (3, 15), (0, 1, 19)])
@pytest.mark.parametrize("before", [(), (25,)])
def test_what_is_needed_is_found_where_timing_gives_no_hint(needs: tuple[int, ...], before: tuple[int, ...]) -> None:
    """Tests of other lanes and of its own that are needed together are all named, and no other."""
    wanted = tuple(IDS[index] for index in (*needs, *before))
    world = World(quiet(), tuple(IDS[index] for index in needs), tuple(IDS[index] for index in before))
    found = crossing(world).diagnose(FAILURE, sighting(()))
    assert (found.confirmed, found.polluters) == (True, wanted)
    assert found.minimal_order == (*wanted, VICTIM)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("rate", [0.6, 0.3])
def test_a_seldom_clash_accuses_no_innocent(rate: float, seed: int) -> None:
    """Where it fails in some runs only, whoever is named is guilty, and k of n is that of real runs."""
    world = World(quiet(), (IDS[7],), rate=rate, chance=random.Random(seed))
    found = crossing(world).diagnose(FAILURE, sighting(IDS[6:9]))
    assert found.kind in ("cross-process", "nondeterministic")
    assert found.polluters in ((), (IDS[7],))
    if found.confirmed:
        failed, runs = found.confirmation.minimal_failed
        assert 0 < failed <= runs
        assert found.failure_rate == failed / runs


def test_a_clash_that_comes_only_in_small_sets() -> None:
    """Where the whole lanes meet seldom, what ran at the same time still shows it."""
    world = World(quiet(), (IDS[7],), hides=20)
    found = crossing(world).diagnose(FAILURE, sighting(IDS[5:9]))
    assert (found.confirmed, found.polluters) == (True, (IDS[7],))


def test_a_failure_that_never_comes_again() -> None:
    """What fails neither in one process nor beside the others is a matter of chance: nobody is accused."""
    world = World(quiet(), (IDS[7],), rate=0.0)
    found = crossing(world).diagnose(FAILURE, sighting(IDS[6:9]))
    assert (found.kind, found.confirmed, found.polluters, found.lanes) == ("nondeterministic", False, (), ())
    assert "did not fail again" in found.note
    assert world.runs <= 10


def test_a_test_of_chance_is_not_called_cross_process() -> None:
    """A victim that now and then fails alone accuses nobody, whatever ran beside it."""
    world = World(quiet(Rule(VICTIM, rate=0.4)), (IDS[7],))
    found = crossing(world).diagnose(FAILURE, sighting(IDS[6:9]))
    assert (found.kind, found.confirmed, found.polluters) == ("nondeterministic", False, ())


def test_what_one_process_shows_now_and_then_is_no_clash() -> None:
    """A failure that its own lane shows in some runs of one process is looked into there."""
    world = World(quiet(Rule(VICTIM, (IDS[22],), rate=0.9)), (IDS[7],))
    found = crossing(world).diagnose(FAILURE, sighting(IDS[6:9]))
    assert found.kind in ("victim", "nondeterministic")
    assert found.polluters in ((), (IDS[22],))


def test_what_xdist_itself_does_not_show_names_nobody() -> None:
    """Side by side in processes of ours is suspicion; without pytest-xdist showing it nobody is accused."""
    world = World(quiet(), (IDS[7],))
    plan = crossing(world)
    plan.confirmer = FakeLanesConfirmer(World(quiet(), (IDS[7],), rate=0.0))
    found = plan.diagnose(FAILURE, sighting(IDS[6:9]))
    assert (found.kind, found.confirmed, found.polluters, found.replay.command) == ("cross-process", False, (), "")


def test_a_sighting_is_what_had_started() -> None:
    """What started after the victim's end is out; what overlapped it, and the order of starting, are known."""
    outcomes = tuple(Outcome(nodeid, "passed") for nodeid in ("a1", "v1", "a2", "v", "a3", "a4", "v2"))
    lanes = (
        LaneResult(WORKERS[0], (0, 2, 4, 5), Ending.FINISHED, "", ((0, 1), (1.5, 3), (3.2, 3.4), (5, 6))),
        LaneResult(WORKERS[1], (1, 3, 6), Ending.FINISHED, "", ((0.5, 2), (2, 4), (5, 6))),
    )
    result = TrialResult(outcomes, Ending.FINISHED, "fresh", lanes=lanes)
    seen = Crew(result, lanes[1]).sighting("v")
    assert seen.lane == Lane(WORKERS[1], ("v1", "v"))
    assert seen.others == (Lane(WORKERS[0], ("a1", "a2", "a3")),)
    assert seen.beside == {"a2", "a3"}
    assert seen.merged == ("a1", "v1", "a2", "a3")
