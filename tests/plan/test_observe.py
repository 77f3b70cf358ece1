"""Whole orders: what is believed of several at once, and what that costs."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from bisect_loop.model import Condition, NamedOrder, OrderTried, Trial, TrialResult
from bisect_loop.observe import Observed, observe
from bisect_loop.runner.dispatch import Dispatch
from tests.fakes import BROKEN, FakeSuite, Rule

IDS = tuple(f"tests/test_{index // 10}.py::t{index}" for index in range(40))
ORDERS = [
    NamedOrder("default", IDS),
    NamedOrder("reverse", IDS[::-1]),
    NamedOrder("shuffle:1", IDS[20:] + IDS[:20], 1),
    NamedOrder("shuffle:2", IDS[30:] + IDS[:30], 2),
    NamedOrder("shuffle:3", IDS[10:] + IDS[:10], 3),
]


def observed(*rules: Rule) -> tuple[Observed, FakeSuite, FakeSuite]:
    """Run ORDERS, two at once; return what was seen, and the runners for forked and for fresh trials."""
    fork, fresh = FakeSuite(IDS, rules), FakeSuite(IDS, rules, name="fresh")
    seen = Observed()

    def heard(tried: OrderTried, results: Sequence[TrialResult]) -> None: ...

    with ThreadPoolExecutor(2) as executor:
        dispatch = Dispatch(fresh, fork, executor, 2, 2)
        observe(ORDERS, dispatch, Condition(), 60.0, seen, heard)
    return seen, fork, fresh


def test_an_ordinary_failure_is_believed_at_once() -> None:
    """A test that fails in the first order too makes no later order run twice."""
    seen, fork, fresh = observed(Rule(IDS[7]))
    assert [tried.failed for tried in seen.tried] == [(IDS[7],)] * 5
    assert (fork.runs, fresh.runs) == (1 + 4, 1)


def test_a_new_failure_is_seen_alone_before_it_is_believed() -> None:
    """What one of several orders at once shows for the first time is run again by itself, and then only once."""
    seen, fork, _ = observed(Rule(IDS[7], (IDS[30],)))
    assert [tried.failed for tried in seen.tried] == [(), *[(IDS[7],)] * 4]
    assert fork.runs == 1 + 4 + 1


def test_the_same_test_failing_in_another_way_is_new() -> None:
    """Another failure of a test that is known to fail is looked at alone like any other."""
    other = Rule(IDS[7], (IDS[30],), how="teardown")
    seen, fork, _ = observed(other, Rule(IDS[7]))
    assert {failure.signature.type for failure in seen.failures() if failure.signature} == {BROKEN.type, "RuntimeError"}
    assert fork.runs == 1 + 4 + 1


class LiesBesideOthers(FakeSuite):
    """Beside others the reversed order shows nothing and the first shuffle what is not so; alone, the truth."""

    def run(self, trial: Trial) -> TrialResult:
        true = super().run(trial)
        lies = {ORDERS[1].order: (), ORDERS[2].order: (Rule(IDS[3]),)}
        if trial.attempt or trial.order not in lies:
            return true
        return FakeSuite(IDS, lies[trial.order]).run(trial)


def test_where_one_of_a_round_lied_all_of_it_is_seen_alone() -> None:
    """An order that passed beside others may have lied as well: after the first lie each of them runs by itself."""
    rules = (Rule(IDS[7], (IDS[30],)),)
    fork, seen = LiesBesideOthers(IDS, rules), Observed()
    with ThreadPoolExecutor(2) as executor:
        dispatch = Dispatch(FakeSuite(IDS, rules, name="fresh"), fork, executor, 2, 2)
        observe(ORDERS[:3], dispatch, Condition(), 60.0, seen, lambda *_: None)
    assert [tried.failed for tried in seen.tried] == [(), (IDS[7],), (IDS[7],)]
    assert dispatch.fresh_width == 1
