"""The plan over declared suites: right names, nobody innocent, and no more trials than promised."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Literal

import pytest

from bisect_loop.asking import Failure, Options
from bisect_loop.confirm import Claim, Confirmed
from bisect_loop.diagnose import Diagnosis
from bisect_loop.model import (
    Condition,
    Confirmation,
    Finding,
    NodeId,
    Outcome,
    Replay,
    Signature,
    Suite,
    Trial,
    TrialResult,
    Verdict,
)
from bisect_loop.runner.dispatch import Dispatch
from bisect_loop.search import judge
from tests.fakes import BROKEN, FakeSuite, Rule

CONDITION = Condition(args=("tests",))
IDS = tuple(f"tests/test_{index // 50}.py::t{index}" for index in range(200))
VICTIM = IDS[190]


class Silent:
    """A Progress that nobody watches."""

    def narrowing(self, victim: NodeId, left: int, of: int, trials: int) -> None: ...

    def confirming(self, victim: NodeId) -> None: ...


@dataclass
class FakeConfirmer:
    """Plain pytest over a declared suite: it collects only the files of what it runs."""

    world: FakeSuite
    times: int = 3
    number: int = 0

    def _run(self, order: Sequence[NodeId], imports: Sequence[str] = ()) -> TrialResult:
        self.number += 1
        files = tuple(dict.fromkeys([*imports, *(nodeid.partition("::")[0] for nodeid in order)]))
        return self.world.run(Trial(tuple(order), CONDITION, attempt=1000 + self.number, collect=files))

    def alone(self, victim: NodeId) -> TrialResult:
        return self._run((victim,))

    def confirm(self, claim: Claim) -> Confirmed:
        times = self.times if claim.rate >= 1 else 20
        order = [self._run(claim.order, claim.imports) for _ in range(times)]
        alone = [self._run((claim.victim,)) for _ in range(times)]
        failed = sum(judge.verdict(r, claim.victim, claim.signature) is Verdict.REPRODUCES for r in order)
        passed = sum(judge.passes(r, claim.victim) is Verdict.REPRODUCES for r in alone)
        if claim.brittle:
            holds = (failed, passed) == (0, 0)
        else:
            holds = passed == times and (failed == times or (claim.rate < 1 and failed > 3))
        return Confirmed(holds, Confirmation((failed, times), (passed, times)), Replay("pytest", True))


def diagnosis(
    rules: Sequence[Rule], *, width: int = 1, fork_rules: Sequence[Rule] | None = None, roles: bool = True
) -> tuple[Diagnosis, FakeSuite]:
    """A plan over declared runners; `fork_rules` are for a fork runner that sees another world."""
    fork = FakeSuite(IDS, tuple(rules if fork_rules is None else fork_rules))
    fresh = FakeSuite(IDS, tuple(rules), name="fresh")
    dispatch = Dispatch(fresh, fork, ThreadPoolExecutor(width), width, width)
    suite = Suite("/", IDS, "3.11", "9.0")
    confirmer = FakeConfirmer(fresh)
    return Diagnosis(dispatch, suite, CONDITION, Silent(), Options(roles=roles), confirmer=confirmer), fork


def failure(signature: Signature | None = BROKEN, *, passing: bool = False) -> Failure:
    return Failure(VICTIM, signature, IDS[:190], IDS[:190] if passing else None, ("default",), True)


def names(finding: Finding) -> tuple[NodeId, ...]:
    return finding.polluters


@pytest.mark.parametrize("width", [1, 2, 8])
@pytest.mark.parametrize("known", [True, False])
def test_one_polluter(width: int, known: bool) -> None:
    """A pair is found and confirmed, the signature known or not, with the same answer at every width."""
    plan, fork = diagnosis([Rule(VICTIM, (IDS[77],))], width=width, roles=False)
    found = plan.diagnose(failure(BROKEN if known else None))
    assert (found.kind, found.confirmed, names(found)) == ("victim", True, (IDS[77],))
    assert found.minimal_order == (IDS[77], VICTIM)
    assert found.confirmation == Confirmation((3, 3), (3, 3))
    assert fork.runs <= 40


@pytest.mark.parametrize("needed", [(3, 150), (10, 11, 12), (0, 189)])
def test_polluters_needed_together(needed: tuple[int, ...]) -> None:
    """All of a polluting set are named, and no other test."""
    plan, _ = diagnosis([Rule(VICTIM, tuple(IDS[i] for i in needed))])
    found = plan.diagnose(failure())
    assert (found.confirmed, names(found)) == (True, tuple(IDS[i] for i in needed))
    assert found.other_polluting_sets == ()


def test_slow_tests_are_probed_in_one_pass() -> None:
    """Where tests take long against a fork, each stage of a set of two is one pass and not a binary search."""
    needed = (IDS[33], IDS[120])
    answers = []
    for seconds in (0.0001, 0.5):
        plan, fork = diagnosis([Rule(VICTIM, needed)], roles=False)
        fork.seconds = seconds
        answers.append((names(plan.diagnose(failure())), fork.runs, any(trial.probe for trial in fork.seen)))
    (quick, many, unprobed), (slow, few, probed) = answers
    assert quick == slow == needed
    assert (unprobed, probed) == (False, True)
    assert few < many


def test_probes_that_lie_are_given_up() -> None:
    """A probe that fails where a run of its own does not costs a second search, and nothing else: forks stay."""
    needed = (IDS[33], IDS[120])
    plan, fork = diagnosis([Rule(VICTIM, needed)], roles=False)
    fork.seconds = 0.5
    run = fork.run

    def lying(trial: Trial) -> TrialResult:
        result = run(trial)
        broken = Outcome(VICTIM, "failed", (BROKEN,))
        return replace(result, probes=tuple(o and (broken if i > 40 else o) for i, o in enumerate(result.probes)))

    fork.run = lying  # type: ignore[method-assign]
    found = plan.diagnose(failure())
    assert (found.confirmed, names(found)) == (True, needed)
    assert not fork.closed


def test_trials_that_lie_side_by_side() -> None:
    """What the chunks led to is repeated alone; where it does not stand, the search goes on at width 1."""
    plan, fork = diagnosis([Rule(VICTIM, (IDS[150],))], width=4, roles=False)
    run = fork.run

    def lying(trial: Trial) -> TrialResult:
        crowded = plan.dispatch.width > 1 and trial.order is not None and IDS[3] in trial.order
        result = run(trial)
        if crowded and len(trial.order or ()) > 2:
            outcomes = tuple(o if o.nodeid != VICTIM else Outcome(VICTIM, "failed", (BROKEN,)) for o in result.outcomes)
            return replace(result, outcomes=outcomes)
        return result

    fork.run = lying  # type: ignore[method-assign]
    found = plan.diagnose(failure())
    assert (found.confirmed, names(found)) == (True, (IDS[150],))


@dataclass(slots=True)
class Crowding(Dispatch):
    """A Dispatch that knows whether what it runs has other trials beside it."""

    crowded: bool = False

    def stream(
        self,
        trials: Sequence[Trial],
        runner: Literal["fork", "fresh"] | None = None,
        *,
        width: int | None = None,
    ) -> Generator[TrialResult, None, None]:
        self.crowded = len(trials) > 1 and self.width > 1 and width != 1
        yield from Dispatch.stream(self, trials, runner, width=width)


def passing_beside_others(rules: Sequence[Rule], lies: Callable[[Trial], bool]) -> tuple[Diagnosis, list[str]]:
    """A plan whose victim passes in trials for which `lies` holds where others run beside them."""
    notes: list[str] = []
    plan, fork = diagnosis(rules, roles=False)
    fresh = plan.dispatch.fresh
    plan.dispatch = dispatch = Crowding(fresh, fork, ThreadPoolExecutor(4), 4, 4, say=notes.append)
    run = fork.run

    def lying(trial: Trial) -> TrialResult:
        result = run(trial)
        if not (dispatch.crowded and lies(trial)):
            return result
        outcomes = tuple(Outcome(VICTIM, "passed") if o.nodeid == VICTIM else o for o in result.outcomes)
        return replace(result, outcomes=outcomes)

    fork.run = lying  # type: ignore[method-assign]
    return plan, notes


@pytest.mark.parametrize("polluters", [(IDS[40],), (IDS[40], IDS[150])])
def test_nobody_is_needed_because_a_trial_lied_beside_others(polluters: tuple[NodeId, ...]) -> None:
    """That it passes without a test counts where it does so alone: else an innocent one would be a polluter too."""
    minimal = (*polluters, VICTIM)
    plan, notes = passing_beside_others([Rule(VICTIM, polluters)], lambda trial: trial.order == minimal)
    found = plan.diagnose(failure())
    assert (found.confirmed, names(found)) == (True, polluters)
    assert len(notes) == 1


def test_a_minimal_order_that_passes_only_beside_others_is_no_matter_of_chance() -> None:
    """Where repeats beside one another differ and the order fails each time alone, trials run one at a time."""

    def lies(trial: Trial) -> bool:
        return trial.order == (IDS[40], VICTIM) and trial.attempt > 1

    plan, notes = passing_beside_others([Rule(VICTIM, (IDS[40],))], lies)
    found = plan.diagnose(failure())
    assert (found.confirmed, names(found), found.failure_rate) == (True, (IDS[40],), 1.0)
    assert len(notes) == 1


def test_alternatives_and_cleaners() -> None:
    """Further polluting sets and cleaners are found, and the cleaners are no polluters."""
    rules = [Rule(VICTIM, (IDS[5],), unless=(IDS[100],)), Rule(VICTIM, (IDS[60],), unless=(IDS[100],))]
    plan, _ = diagnosis(rules)
    order = (*IDS[101:150], IDS[5], *IDS[40:70])
    found = plan.diagnose(Failure(VICTIM, BROKEN, order, None, ("shuffle:1",)))
    assert found.confirmed
    assert {names(found), *found.other_polluting_sets} == {(IDS[5],), (IDS[60],)}
    assert found.cleaners == (IDS[100],)


def test_the_polluter_of_each_order_is_named() -> None:
    """A set is looked for in each further order in which none of the known ones ran, and in no other."""
    rules = [Rule(VICTIM, (IDS[5],)), Rule(VICTIM, (IDS[60], IDS[70])), Rule(VICTIM, (IDS[100],))]
    plan, fork = diagnosis(rules)
    elsewhere = (IDS[55:80], IDS[90:110], (*IDS[57:75], IDS[120]))
    found = plan.diagnose(replace(failure(), before=IDS[:20], elsewhere=elsewhere))
    assert (found.confirmed, names(found)) == (True, (IDS[5],))
    assert found.other_polluting_sets == ((IDS[60], IDS[70]), (IDS[100],))
    assert not any(IDS[120] in (trial.order or ()) and IDS[5] not in (trial.order or ()) for trial in fork.seen)


def test_who_is_needed_by_chance() -> None:
    """A test in whose place those of other modules do as well is said to be so; what cannot be tried is not said."""
    around = [Rule(VICTIM, (IDS[155], one)) for one in (IDS[0], IDS[60], IDS[149])]
    plan, _ = diagnosis(around)
    found = plan.diagnose(Failure(VICTIM, BROKEN, (IDS[155], IDS[60]), None, ("reverse",)))
    assert (names(found), found.incidental) == ((IDS[155], IDS[60]), (IDS[60],))
    assert found.minimal_order == (IDS[155], IDS[60], VICTIM)
    plan, _ = diagnosis([Rule(VICTIM, (IDS[0], IDS[60], IDS[149]))])
    assert plan.diagnose(failure()).incidental == ()


def test_brittle() -> None:
    """A test that fails alone and passes after its state-setter is brittle, and the setter is named."""
    plan, _ = diagnosis([Rule(VICTIM, unless=(IDS[20],))])
    found = plan.diagnose(failure(passing=True))
    assert (found.kind, found.confirmed, found.setters, found.polluters) == ("brittle", True, (IDS[20],), ())
    assert found.minimal_order == (IDS[20], VICTIM)


def test_always_fails() -> None:
    """A test that fails in every order and alone is an ordinary failure."""
    plan, _ = diagnosis([Rule(VICTIM)])
    found = plan.diagnose(failure())
    assert (found.kind, found.confirmed, found.polluters, found.setters) == ("always-fails", False, (), ())


def test_import_time() -> None:
    """A test that fails once another module is collected has an import-time polluter: that file."""
    plan, _ = diagnosis([Rule(VICTIM, collected=("tests/test_1.py",))])
    found = plan.diagnose(failure())
    assert (found.kind, found.confirmed) == ("import-time", True)
    assert found.import_polluters == ("tests/test_1.py",)
    assert found.minimal_order == (VICTIM,)


def test_pair_that_needs_a_module_collected() -> None:
    """A pair that fails only where a third module is collected names both."""
    plan, _ = diagnosis([Rule(VICTIM, (IDS[10],), collected=("tests/test_2.py",))])
    found = plan.diagnose(failure())
    assert (found.kind, found.confirmed) == ("victim", True)
    assert (found.polluters, found.import_polluters) == ((IDS[10],), ("tests/test_2.py",))


def test_a_fork_that_lies_is_given_up() -> None:
    """What fails in forked children only accuses nobody; the plan starts again in fresh processes."""
    notes: list[str] = []
    plan, _ = diagnosis([Rule(VICTIM, (IDS[7],))], fork_rules=[Rule(VICTIM, (IDS[8],))])
    plan.dispatch.say = notes.append
    found = plan.diagnose(failure())
    assert (found.confirmed, names(found)) == (True, (IDS[7],))
    assert plan.dispatch.fork is None
    assert len(notes) == 1


def test_a_fork_that_sees_nothing_is_given_up() -> None:
    """What fails in fresh processes only is found in fresh processes."""
    plan, _ = diagnosis([Rule(VICTIM, (IDS[7],))], fork_rules=[])
    found = plan.diagnose(failure())
    assert (found.confirmed, names(found)) == (True, (IDS[7],))


def test_a_failure_that_never_comes_again() -> None:
    """A failure that does not repeat is called so, and nobody is accused."""
    plan, _ = diagnosis([])
    found = plan.diagnose(failure())
    assert (found.kind, found.confirmed, found.polluters) == ("nondeterministic", False, ())
    assert "did not fail again" in found.note


def test_chance_whatever_the_order() -> None:
    """A test that fails by chance, alone as well, accuses nobody."""
    plan, _ = diagnosis([Rule(VICTIM, rate=0.5)])
    found = plan.diagnose(failure())
    assert not found.confirmed
    assert found.polluters == ()
    assert found.kind in ("nondeterministic", "always-fails")


@pytest.mark.parametrize("seed", range(4))
def test_chance_after_a_polluter(seed: int) -> None:
    """A victim that fails in half of the runs after its polluter still has only that one named."""
    plan, fork = diagnosis([Rule(VICTIM, (IDS[33],), rate=0.5)])
    fork.seed = seed
    found = plan.diagnose(failure())
    assert names(found) in ((IDS[33],), ())
    if found.confirmed:
        assert names(found) == (IDS[33],)
        assert 0 < found.failure_rate < 1


@pytest.mark.parametrize("how", ["crash", "hang"])
def test_crash_and_hang_are_failures_like_others(how: str) -> None:
    """A victim that crashes or hangs after its polluter has that polluter named."""
    signature = Signature(how.capitalize(), "", "", "call")
    plan, _ = diagnosis([Rule(VICTIM, (IDS[50],), how=how)])
    found = plan.diagnose(failure(signature))
    assert (found.confirmed, names(found)) == (True, (IDS[50],))


def test_another_crash_on_the_way_is_no_pass() -> None:
    """A test that crashes before the victim could run neither clears nor accuses."""
    rules = [Rule(VICTIM, (IDS[50],)), Rule(IDS[120], (IDS[90],), how="crash")]
    plan, _ = diagnosis(rules)
    found = plan.diagnose(Failure(VICTIM, BROKEN, (*IDS[40:60], IDS[90], *IDS[130:150]), None, ("shuffle:2",)))
    assert (found.confirmed, names(found)) == (True, (IDS[50],))


def test_only_the_same_failure_counts() -> None:
    """A second mechanism with another signature does not lead the search astray."""
    other = Signature("KeyError", "tests/test_x.py:9", "'k'", "call")
    rules = [Rule(VICTIM, (IDS[3],), how=other, unless=(IDS[150],)), Rule(VICTIM, (IDS[160],))]
    plan, _ = diagnosis(rules)
    found = plan.diagnose(failure())
    assert (found.confirmed, names(found), found.signature) == (True, (IDS[160],), BROKEN)


def test_healing_victims() -> None:
    """Where every second victim heals what the first broke, the polluter is still the one named."""
    healing = [Rule(VICTIM, (IDS[4],), unless=IDS[5:60:2])]
    plan, _ = diagnosis(healing)
    found = plan.diagnose(Failure(VICTIM, BROKEN, (*IDS[5:60:2], IDS[4], *IDS[100:120]), None, ()))
    assert (found.confirmed, names(found)) == (True, (IDS[4],))


def test_second_victim_costs_almost_nothing() -> None:
    """Once a polluter is known, the next victim of it takes two trials and its repeats."""
    second = IDS[180]
    plan, fork = diagnosis([Rule(VICTIM, (IDS[77],)), Rule(second, (IDS[77],))], roles=False)
    plan.diagnose(failure())
    before = fork.runs
    found = plan.diagnose(Failure(second, BROKEN, IDS[:180], None, ()))
    assert (found.confirmed, names(found)) == (True, (IDS[77],))
    assert fork.runs - before <= 6


def test_many_polluters() -> None:
    """A victim of 287 polluters has one named and others listed, within a few hundred trials."""
    ids = tuple(f"tests/test_{index // 50}.py::t{index}" for index in range(1000))
    rules = [Rule(VICTIM, (nodeid,)) for nodeid in ids if nodeid != VICTIM][:287]
    fork, fresh = FakeSuite(ids, tuple(rules)), FakeSuite(ids, tuple(rules), name="fresh")
    dispatch = Dispatch(fresh, fork, ThreadPoolExecutor(1))
    plan = Diagnosis(dispatch, Suite("/", ids, "3.11", "9"), CONDITION, Silent(), confirmer=FakeConfirmer(fresh))
    found = plan.diagnose(Failure(VICTIM, BROKEN, tuple(i for i in ids if i != VICTIM), None, ()))
    assert found.confirmed
    assert len(found.polluters) == 1
    assert len(found.other_polluting_sets) == 10
    assert fork.runs < 300


def test_skipped_alone_compares_nothing() -> None:
    """A victim that is skipped when alone accuses nobody."""
    plan, _ = diagnosis([Rule(VICTIM, how="skip")])
    found = plan.diagnose(failure())
    assert (found.confirmed, found.polluters) == (False, ())
    assert "skipped" in found.note
