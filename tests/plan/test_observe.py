"""Whole orders: what is believed of several at once, and what that costs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

import pytest

from bisect_loop.model import Condition, Finding, NamedOrder, NodeId, OrderTried, Trial, TrialResult
from bisect_loop.observe import Observer
from bisect_loop.observed import Doubt, Observed
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
        Observer(dispatch, Condition(), 60.0, seen, heard).observe(ORDERS)
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


@dataclass
class LiesBesideOthers(FakeSuite):
    """Whose orders show what `lies` says of them when they run for the first time, and the truth from then on."""

    lies: Mapping[tuple[NodeId, ...], tuple[Rule, ...]] = field(default_factory=dict)

    def run(self, trial: Trial) -> TrialResult:
        true = super().run(trial)
        if trial.attempt or trial.order not in self.lies:
            return true
        return FakeSuite(IDS, self.lies[trial.order]).run(trial)


def test_where_one_of_a_round_lied_all_of_it_is_seen_alone() -> None:
    """An order that passed beside others may have lied as well: after the first lie each of them runs by itself."""
    rules = (Rule(IDS[7], (IDS[30],)),)
    lies = {ORDERS[1].order: (), ORDERS[2].order: (Rule(IDS[3]),)}
    fork, seen = LiesBesideOthers(IDS, rules, lies=lies), Observed()
    with ThreadPoolExecutor(2) as executor:
        dispatch = Dispatch(FakeSuite(IDS, rules, name="fresh"), fork, executor, 2, 2)
        Observer(dispatch, Condition(), 60.0, seen, lambda *_: None).observe(ORDERS[:3])
    assert [tried.failed for tried in seen.tried] == [(), (IDS[7],), (IDS[7],)]
    assert dispatch.fresh_width == 1


def test_an_order_in_which_another_test_did_it_is_not_told_of() -> None:
    """A failure has what ran before it in each order; a finding accounts for those in which its polluters did."""
    seen, _, _ = observed(Rule(IDS[7], (IDS[30],)), Rule(IDS[7], (IDS[2],)))
    (failure,) = seen.failures()
    assert failure.seen_in == ("default", "reverse", "shuffle:1", "shuffle:2", "shuffle:3")
    assert (failure.before, failure.elsewhere[0]) == (IDS[:7], IDS[:7:-1])

    assert [name for name in failure.seen_in if seen.accounts(PAIR, name)] == list(failure.seen_in[1:])
    (left,) = seen.failures(findings=[replace(PAIR, seen_in=failure.seen_in[1:])])
    assert (left.before, left.seen_in, left.elsewhere) == (IDS[:7], ("default",), ())
    both = replace(PAIR, other_polluting_sets=((IDS[2],),))
    assert all(seen.accounts(both, name) for name in failure.seen_in)
    assert not seen.accounts(replace(PAIR, polluters=(IDS[30], IDS[5])), "reverse")
    assert seen.accounts(replace(PAIR, polluters=(IDS[30], IDS[5]), incidental=(IDS[5],)), "reverse")
    seen.lanes.add("default")
    assert seen.accounts(PAIR, "default")


PAIR = Finding("victim", IDS[7], BROKEN, (IDS[30], IDS[7]), polluters=(IDS[30],), confirmed=True)


@pytest.fixture
def disturbed() -> Iterator[tuple[Observer, FakeSuite, list[str]]]:
    """ORDERS were run, two at once: of the first two the one passed that fails alone. Also: what was said."""
    said: list[str] = []
    fork = LiesBesideOthers(IDS, (Rule(IDS[7], (IDS[30],)),), lies={ORDERS[1].order: ()})
    fresh = FakeSuite(IDS, fork.rules, name="fresh")
    with ThreadPoolExecutor(2) as executor:
        dispatch = Dispatch(fresh, fork, executor, 2, 2, say=said.append)
        observer = Observer(dispatch, Condition(), 60.0, Observed(), lambda *_: None)
        observer.observe(ORDERS)
        assert [tried.failed for tried in observer.seen.tried] == [(), (), *[(IDS[7],)] * 3]
        yield observer, fork, said


def test_an_order_that_passed_against_a_confirmed_pair_is_seen_alone(
    disturbed: tuple[Observer, FakeSuite, list[str]],
) -> None:
    """Its part from the polluter to the victim first; what all of it shows alone takes the place of what was seen."""
    observer, fork, said = disturbed
    seen = observer.seen
    (doubt,) = seen.doubts([PAIR])
    assert doubt == Doubt(NamedOrder("reverse", IDS[30:6:-1]), (IDS[7],))
    assert observer.lied(doubt)
    assert [trial.order for trial in fork.seen[-2:]] == [IDS[30:6:-1], IDS[::-1]]
    assert said == [f"order reverse is run again: {IDS[7]} passed in it beside other trials, and fails there alone"]
    assert [(tried.name, tried.failed) for tried in seen.tried] == [
        (order.name, (IDS[7],) if order.name != "default" else ()) for order in ORDERS
    ]
    assert [order.name for order, _ in seen.results] == [order.name for order in ORDERS]
    assert seen.failures()[0].seen_in == ("reverse", "shuffle:1", "shuffle:2", "shuffle:3")
    assert seen.beside == {"shuffle:2", "shuffle:3"}
    observer.again(seen.whole(seen.beside))
    assert seen.beside == set()


def test_an_order_that_failed_without_the_accused_is_seen_alone() -> None:
    """Beside others it showed the failure that is known; alone it passes, and nobody is looked for who did it."""
    strange = NamedOrder("shuffle:9", IDS[1:] + IDS[:1], 9)
    fork = LiesBesideOthers(IDS, (Rule(IDS[7], (IDS[30],)),), lies={strange.order: (Rule(IDS[7]),)})
    with ThreadPoolExecutor(2) as executor:
        dispatch = Dispatch(FakeSuite(IDS, fork.rules, name="fresh"), fork, executor, 2, 2)
        observer = Observer(dispatch, Condition(), 60.0, Observed(), lambda *_: None)
        observer.observe([*ORDERS[:4], strange])
        seen = observer.seen
        told = replace(PAIR, seen_in=tuple(name for name in seen.failures()[0].seen_in if seen.accounts(PAIR, name)))
        assert [one.seen_in for one in seen.failures(findings=[told])] == [("shuffle:9",)]
        assert not observer.differs(seen.whole(["shuffle:2"])[0])
        assert observer.differs(seen.whole(["shuffle:9"])[0])
        assert not seen.failures(findings=[told])


def test_a_cleaner_that_nobody_knows_costs_one_part_of_an_order(
    disturbed: tuple[Observer, FakeSuite, list[str]],
) -> None:
    """Where the part passes alone as well, the order told the truth; it is not doubted twice."""
    observer, fork, said = disturbed
    fork.rules = (Rule(IDS[7], (IDS[30],), unless=(IDS[20],)),)
    (doubt,) = observer.seen.doubts([PAIR])
    runs = fork.runs
    assert not observer.lied(doubt)
    assert (fork.runs, said) == (runs + 1, [])
    assert observer.seen.doubts([PAIR]) == []


@pytest.mark.parametrize(
    "found",
    [
        pytest.param(PAIR, id="doubted"),
        pytest.param(replace(PAIR, other_polluting_sets=((IDS[35],),), polluters=(IDS[2],)), id="another set"),
        pytest.param(replace(PAIR, confirmed=False), id="unconfirmed"),
        pytest.param(replace(PAIR, failure_rate=0.5), id="by chance"),
        pytest.param(replace(PAIR, kind="brittle"), id="another kind"),
        pytest.param(replace(PAIR, polluters=()), id="nobody"),
        pytest.param(replace(PAIR, cleaners=(IDS[20],)), id="a cleaner between them"),
        pytest.param(replace(PAIR, polluters=(IDS[2],)), id="behind the victim"),
        pytest.param(replace(PAIR, polluters=(IDS[30], IDS[31])), id="in another sequence"),
    ],
)
def test_what_is_doubted(found: Finding, request: pytest.FixtureRequest) -> None:
    """An order may well pass where the finding is one of chance, or where its tests do not stand as it needs them."""
    suite = FakeSuite(IDS)
    seen = Observed(beside={"reverse"})
    for order in ORDERS[:3]:
        seen.results.append((order, suite.run(Trial(order.order, Condition()))))
    names = [doubt.part.name for doubt in seen.doubts([found])]
    assert names == (["reverse"] if request.node.callspec.id in ("doubted", "another set") else [])
