"""Runs, trials, findings and orders in the store."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import closing
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from bisect_loop.history import FOLDER, History, HistoryError, Run, StopReason
from bisect_loop.history.store import KEEP_TRIALS_OF, RESUME_WITHIN
from bisect_loop.model import (
    Condition,
    Cost,
    Ending,
    OrderTried,
    Outcome,
    Replay,
    RunReport,
    Service,
    Signature,
    Suite,
    TrialResult,
)
from tests.history.values import CONTEXT, Clock, finding, result, trial


def begin(history: History, *, resume: bool = True) -> Run:
    return history.begin_run("key", "print", ["run", "tests"], resume=resume)


def test_a_trial_is_there_once_it_is_recorded(history: History) -> None:
    """What was recorded is handed back for the same trial and runner, and for no other."""
    run = begin(history)

    run.record(trial("a", "b"), result("b"))

    assert run.recorded(trial("a", "b"), "fork") == result("b")
    assert run.recorded(trial("a", "b"), "fresh") is None
    assert run.recorded(trial("b", "a"), "fork") is None
    assert run.recorded(trial("a", "b", attempt=1), "fork") is None


def test_a_killed_run_is_continued_by_the_same_command(tmp_path: Path) -> None:
    """A run that was never finished hands its trials to the next run of the same key and fingerprint."""
    with History.open(tmp_path) as first:
        begin(first).record(trial("a"), result("a"))

    with History.open(tmp_path) as second:
        run = begin(second)

        assert run.resumed == 1
        assert run.recorded(trial("a"), "fork") == result("a")


@pytest.mark.parametrize(
    ("reason", "continued"), [("interrupted", True), ("budget", True), ("done", False), ("failed", False)]
)
def test_how_a_run_ended_says_whether_it_is_continued(history: History, reason: StopReason, continued: bool) -> None:
    """Interrupted and out of budget, the same command goes on; done or failed, it begins anew."""
    first = begin(history)
    first.record(trial("a"), result("a"))
    first.finish(reason)

    second = begin(history)

    assert (second.id == first.id) is continued
    assert (second.recorded(trial("a"), "fork") is not None) is continued


@pytest.mark.parametrize(("key", "fingerprint"), [("other", "print"), ("key", "other")])
def test_another_command_or_suite_begins_anew(history: History, key: str, fingerprint: str) -> None:
    """Nothing that was recorded for other files or options is believed."""
    first = begin(history)
    first.record(trial("a"), result("a"))

    second = history.begin_run(key, fingerprint, [])

    assert second.resumed == 0
    assert second.recorded(trial("a"), "fork") is None


def test_an_older_unfinished_run_is_not_dug_up(history: History) -> None:
    """Only the last run of a command may be continued: a later one that ended is the newer truth."""
    begin(history)
    begin(history, resume=False).finish("done")

    assert begin(history).resumed == 0
    assert begin(history).id == 3


def test_a_stale_run_is_not_continued(history: History, clock: Clock) -> None:
    """After a day without activity more than the suite's files may have changed."""
    first = begin(history)
    clock.now += RESUME_WITHIN - 1
    first.record(trial("a"), result("a"))
    clock.now += RESUME_WITHIN - 1
    assert begin(history).id == first.id

    clock.now += RESUME_WITHIN + 1

    assert begin(history).id != first.id


def test_a_trial_that_we_ended_shows_nothing(history: History) -> None:
    """A cancelled trial is run again by the run that continues."""
    run = begin(history)

    run.record(trial("a"), TrialResult((), Ending.CANCELLED, "fork"))

    assert run.recorded(trial("a"), "fork") is None


def test_the_first_recording_counts(history: History) -> None:
    """Trials are append-only, and the answer for one never changes."""
    run = begin(history)
    run.record(trial("a"), result("a"))
    run.record(trial("a"), result())

    assert run.recorded(trial("a"), "fork") == result("a")


def test_threads_record_at_the_same_time(history: History) -> None:
    """Eight threads lose nothing."""
    run = begin(history)
    start = threading.Barrier(8)

    def work(number: int) -> None:
        start.wait()
        for attempt in range(20):
            run.record(trial(f"t{number}", attempt=attempt), result(f"t{number}"))
            assert run.recorded(trial(f"t{number}", attempt=attempt), "fork") is not None

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert run.cost().trials_fork == 160
    assert history.trouble == ""


def test_the_cost_is_summed(history: History) -> None:
    """Trials are counted by runner, with the tests that they executed, probes included."""
    run = begin(history)
    run.record(trial("a", "b"), result("a", "b"))
    run.record(trial("a"), result("a", runner="fresh"))
    run.record(trial("c"), replace(result("c"), probes=(None, Outcome("v", "passed"))))

    assert run.cost() == Cost(trials_fork=2, trials_fresh=1, tests_executed=5, seconds=1.5)


def test_old_trials_are_folded_into_sums(history: History, tmp_path: Path) -> None:
    """The file does not grow without bound: only the newest runs keep their trials, the others what they took."""
    first = begin(history, resume=False)
    first.record(trial("a"), result("a"))
    for _ in range(KEEP_TRIALS_OF):
        begin(history, resume=False).record(trial("a"), result("a"))

    with closing(sqlite3.connect(tmp_path / FOLDER / "history.db")) as db:
        assert db.execute("SELECT count(*) FROM trials").fetchone() == (KEEP_TRIALS_OF,)
        assert db.execute("SELECT trials_fork, tests, seconds FROM runs WHERE id = 1").fetchone() == (1, 1, 0.5)


def test_surrogates_and_newlines_in_ids(history: History) -> None:
    """Ids of any characters are recorded, stored and listed."""
    odd = "tests/test_\udcff.py::test[a\nb\x00ü…]"
    run = begin(history)
    run.record(trial(odd), result(odd))
    run.record_order("default", None, 1, [odd])
    history.save_finding(finding(odd), CONTEXT)

    assert run.recorded(trial(odd), "fork") == result(odd)
    assert history.orders_seen()[0].failed == (odd,)
    assert history.findings()[0].finding.victim == odd


# -- findings --------------------------------------------------------------------------------------


def test_a_finding_is_counted_once_a_run(history: History, clock: Clock) -> None:
    """How often and since when: a continued run does not count twice, another run does."""
    run = begin(history)
    began = clock.now
    history.save_finding(finding(), CONTEXT, run=run)
    clock.now += 10
    history.save_finding(finding(), CONTEXT, run=run)
    clock.now += 10
    run.finish("done")
    later = begin(history)
    history.count_sighting(finding().id, run=later)
    stored = history.finding(finding().id)

    assert (stored.count, stored.first_seen, stored.last_seen) == (2, began, clock.now)
    assert stored.finding == finding()
    assert stored.context == CONTEXT


def test_a_confirmed_finding_does_not_give_way_to_a_suspicion(history: History) -> None:
    """The stored text is the newest, unless only an older one was confirmed."""
    history.save_finding(finding(note="first"), CONTEXT)
    history.save_finding(finding(note="second", confirmed=True), CONTEXT)
    history.save_finding(finding(note="third"), CONTEXT)
    assert history.findings()[0].finding.note == "second"

    stored = history.save_finding(finding(note="fourth", confirmed=True), CONTEXT)

    assert stored is not None
    assert stored.finding.note == "fourth"
    assert stored.count == 4


def test_a_finding_is_found_by_the_beginning_of_its_id(history: History) -> None:
    """Any unique prefix serves, in either case."""
    one = finding("tests/test_a.py::test_one")
    history.save_finding(one, CONTEXT)
    history.save_finding(finding("tests/test_a.py::test_two"), CONTEXT)

    assert history.finding(one.id[:5].upper()).id == one.id
    assert history.finding(f" {one.id} ").finding == one


def test_a_prefix_of_several_names_them(history: History) -> None:
    """An ambiguous prefix is refused with the ids that it stands for."""
    victims = [f"tests/test_a.py::test_{number}" for number in range(17)]
    for victim in victims:
        history.save_finding(finding(victim), CONTEXT)
    ids = sorted(finding(victim).id for victim in victims)
    first = next(one[0] for one, other in pairwise(ids) if one[0] == other[0])

    with pytest.raises(HistoryError, match="stands for") as caught:
        history.finding(first)

    assert next(one for one in ids if one[0] == first) in str(caught.value)


@pytest.mark.parametrize("prefix", ["zzzz", "", "%", "_"])
def test_an_unknown_prefix_names_what_there_is(history: History, prefix: str) -> None:
    """A wrong id is one sentence that shows the right ones; nothing in it is a pattern."""
    history.save_finding(finding(), CONTEXT)

    with pytest.raises(HistoryError, match=rf"{finding().id} \(tests/test_a\.py::test_victim\)"):
        history.finding(prefix)


def test_a_slip_in_an_id_shows_the_near_one(history: History) -> None:
    """Of many findings, the ones with the likest id are named."""
    for number in range(9):
        history.save_finding(finding(f"tests/test_a.py::test_{number}"), CONTEXT)
    wanted = finding("tests/test_a.py::test_3").id
    slip = wanted[:2] + "x" + wanted[2:]

    with pytest.raises(HistoryError, match=wanted):
        history.finding(slip)


def test_no_finding_at_all_says_what_to_do(history: History) -> None:
    """An empty store points to the command that fills it."""
    with pytest.raises(HistoryError, match="bisect-loop run"):
        history.finding("f3")


def test_a_known_failure_is_known_before_it_is_diagnosed(history: History) -> None:
    """Victim and signature are enough to tell; another failure of the victim is a new one."""
    history.save_finding(finding(), CONTEXT)
    other = Signature("KeyError", "tests/test_a.py:9", "x", "call")

    assert [stored.id for stored in history.known(finding().victim, finding().signature)] == [finding().id]
    assert history.known(finding().victim, other) == ()
    assert history.known("tests/test_a.py::test_else", finding().signature) == ()


# -- coverage --------------------------------------------------------------------------------------


def test_orders_that_ran_are_remembered(history: History) -> None:
    """A hunt sees which seeds ran on this suite, and which ever did; a continued run counts an order once."""
    run = begin(history)
    run.record_order("default", None, 3, [])
    run.record_order("shuffle:4", 4, 3, ["a"])
    run.record_order("shuffle:4", 4, 3, ["a"])
    history.begin_run("key", "other suite", []).record_order("shuffle:5", 5, 3, [])

    seen = history.orders_seen("print")

    assert [(order.name, order.seed, order.tests, order.failed) for order in seen] == [
        ("default", None, 3, ()),
        ("shuffle:4", 4, 3, ("a",)),
    ]
    assert history.seeds_seen("print") == {4}
    assert history.seeds_seen() == {4, 5}


# -- secrets ---------------------------------------------------------------------------------------


def test_no_secret_reaches_the_file(tmp_path: Path) -> None:
    """Environment, arguments, messages, commands and reports are stored without the secrets in them."""
    secret = "swordfish-123"
    leaky = finding(
        signature=Signature("ValueError", "a.py:1", f"bad {secret}", "call"),
        replay=Replay(f"DB_PASSWORD={secret} pytest a.py", True),
    )
    condition = Condition(args=(f"--token={secret}",), env=(("DB_PASSWORD", secret), ("U", f"redis://:{secret}@h/0")))
    report = RunReport(
        suite=Suite("/p", ("a",), "3.12.0", "9.0"),
        env=condition.env,
        services=(Service("redis", url=f"redis://:{secret}@h/0"),),
        coverage=False,
        workers=1,
        sources=(),
        orders_tried=(OrderTried("default", None, ()),),
        findings=(leaky,),
        cost=Cost(),
        stopped_because="done",
    )
    with History.open(tmp_path, secrets=[secret]) as history:
        run = history.begin_run("key", "print", ["run", f"--db-password={secret}", f"x{secret}"])
        recorded = run.record(trial("a"), result("a", message=f"oh {secret}"))
        history.save_finding(leaky, replace(CONTEXT, condition=condition, services=report.services), run=run)
        run.finish("done", report)

        stored = history.findings()[0]
        assert secret not in repr((recorded, run.recorded(trial("a"), "fork"), stored, history.last_report()))
        assert stored.context.hidden == ("DB_PASSWORD", "U", "--token=***")
        assert stored.context.services[0].url == "redis://:***@h/0"
        assert run.recorded(trial("a"), "fork") == recorded
        (argv,) = history.read("SELECT argv FROM runs", ())
        assert secret.encode() not in argv[0]


def test_a_report_is_kept_for_later(history: History) -> None:
    """The newest run's report comes back whole; runs without one do not hide it."""
    report = RunReport(
        Suite("/p", ("a", "b"), "3.12.0", "9.0"),
        (("CI", "1"),),
        (),
        False,
        1,
        ("pyproject.toml",),
        (),
        (),
        Cost(),
        "done",
    )
    assert history.last_report() is None
    begin(history).finish("done", report)
    begin(history).finish("failed")

    assert history.last_report() == report
