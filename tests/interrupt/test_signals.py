"""SIGINT and SIGTERM at any moment: exit 2, the best so far printed and saved, nothing left, and soon."""

from __future__ import annotations

import os
import pty
import signal
from typing import Any

import pytest

from tests.interrupt.driver import CONFTEST, INTERRUPTS, PROMPT, TESTS, VICTIM, Driver
from tests.wild.harness import accused, finding, short

# Tests wait for ever while a file called `held` is there.
HOLDING = """
    def pytest_runtest_setup():
        if (SCRATCH / "held").exists():
            import threading
            threading.Event().wait()
"""
ARGS = ("--orders", "default,reverse", "--confirm", "2")

# Where the run stands: a line of its progress, or how many tests were started. The default order, its forked
# check and the reverse order start each test once; then the search begins.
LINES = ("27 tests", "order         default", "order         reverse", "looking into", "narrowing", "confirming")
COUNTS = (1, TESTS // 2, TESTS + 3, 2 * TESTS + 3, 3 * TESTS + 1, 3 * TESTS + 9)


def interrupted(driver: Driver, *signals: signal.Signals) -> dict[str, Any]:
    """Send `signals`, one at once after the other, and hold what was promised; return the JSON result."""
    for number in signals:
        driver.process.send_signal(number)
    code, seconds = driver.ended()
    driver.check()
    assert code == 2, driver.lines
    assert seconds < PROMPT
    result = driver.wild.result()
    assert result["stopped_because"] == "interrupted"
    assert "nterrupted" in driver.out
    return result


@pytest.mark.parametrize("line", LINES)
def test_at_a_line(driver: Driver, line: str) -> None:
    """Ctrl-C as soon as a line of progress is seen."""
    with driver.started(*ARGS):
        driver.until_line(line)
        result = interrupted(driver, signal.SIGINT)
    assert accused(result) in ({}, {VICTIM: {"test_polluter_too"}}, {VICTIM: {"test_polluter"}})


@pytest.mark.parametrize("count", COUNTS)
def test_after_so_many_tests(driver: Driver, count: int) -> None:
    """Ctrl-C in the middle of orders, chunks and confirmations."""
    with driver.started(*ARGS):
        driver.until_tests(count)
        interrupted(driver, signal.SIGINT)


@pytest.mark.parametrize("number", INTERRUPTS)
def test_again_at_once(driver: Driver, number: signal.Signals) -> None:
    """An impatient second and third signal lose nothing of what the first one saves."""
    with driver.started(*ARGS):
        driver.until_line("order         reverse")
        result = interrupted(driver, number, number, signal.SIGINT, signal.SIGTERM)
    assert [order["name"] for order in result["orders_tried"]] == ["default", "reverse"]
    assert [short(name) for name in result["orders_tried"][1]["failed"]] == [VICTIM]


def test_terminated(driver: Driver) -> None:
    """SIGTERM, as a CI job sends it, ends as Ctrl-C does."""
    with driver.started(*ARGS):
        driver.until_tests(3 * TESTS + 5)
        interrupted(driver, signal.SIGTERM)


def test_while_it_collects(driver: Driver) -> None:
    """Before the suite is known there is nothing to save: exit 2 and one word."""
    hold = "\n    def pytest_collection_modifyitems():\n        send(b'c')\n        import threading\n"
    driver.wild.write(conftest=CONFTEST + hold + "        threading.Event().wait()\n")
    with driver.started(*ARGS):
        driver.until_tests(0)
        driver.process.send_signal(signal.SIGINT)
        code, seconds = driver.ended()
    driver.check()
    assert (code, seconds < PROMPT) == (2, True)
    assert driver.lines[-1] == "bisect-loop: interrupted"


def test_a_suite_that_hangs_and_refuses_to_die(driver: Driver) -> None:
    """Trials that hang and ignore every signal that can be ignored do not hold up the end."""
    driver.wild.write(
        conftest=CONFTEST,
        test_a="""
        import signal, threading
        def test_stubborn():
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                signal.signal(number, signal.SIG_IGN)
        def test_hangs():
            threading.Event().wait()
        """,
    )
    with driver.started(*ARGS):
        driver.until_tests(2)
        interrupted(driver, signal.SIGINT)


def test_best_so_far(driver: Driver) -> None:
    """What was confirmed before the signal is a finding; what was not yet accuses nobody and says how far it came."""
    driver.wild.write(
        conftest=CONFTEST,
        test_a="""
        import pytest
        STATE = []
        def test_second_victim():
            assert len(STATE) < 2
        @pytest.mark.parametrize("n", range(6))
        def test_innocent(n):
            pass
        def test_victim():
            assert not STATE
        def test_polluter():
            STATE.append(1)
        def test_polluter_too():
            STATE.append(2)
        """,
    )
    with driver.started("--orders", "reverse", "--confirm", "1", "--no-roles"):
        driver.until_line("confirming    tests/test_a.py::test_second_victim")
        result = interrupted(driver, signal.SIGINT)
    assert finding(result, "test_victim")["confirmed"]
    best = finding(result, "test_second_victim")
    assert (best["confirmed"], best["polluters"]) == (False, [])
    assert len(best["minimal_order"]) == 3
    assert "best so far" in " ".join(driver.out.split())


def test_best_so_far_of_a_search(driver: Driver) -> None:
    """In the middle of the narrowing the best so far is the smallest set seen to fail, and nobody is accused."""
    driver.wild.write(
        conftest=f"""{CONFTEST}
    def pytest_runtest_setup(item):
        if len(item.session.items) == 2:
            (SCRATCH / "holding").touch()
            import threading
            threading.Event().wait()
"""
    )
    with driver.started(*ARGS):
        driver.until_line("looking into")
        driver.until((driver.wild.scratch / "holding").exists)
        result = interrupted(driver, signal.SIGINT)
    best = finding(result, VICTIM)
    assert (best["confirmed"], best["polluters"], accused(result)) == (False, [], {})
    assert 2 < len(best["minimal_order"]) < TESTS / 2
    assert "best so far" in " ".join(driver.out.split())


def test_at_a_terminal(driver: Driver) -> None:
    """At a terminal Ctrl-C leaves the cursor visible."""
    leader, follower = pty.openpty()
    with driver.started(*ARGS, stderr=follower) as process:
        os.close(follower)
        driver.until_tests(2 * TESTS)
        process.send_signal(signal.SIGINT)
        shown = b""
        try:
            while data := os.read(leader, 1 << 16):
                shown += data
        except OSError:  # the last writer has gone
            pass
        code = process.wait()
    os.close(leader)
    driver.check()
    assert code == 2
    assert b"Traceback" not in shown
    assert shown.rindex(b"\x1b[?25h") > shown.rindex(b"\x1b[?25l")


def test_an_interrupted_replay_is_no_failure(driver: Driver) -> None:
    """`git bisect run` must not take an interrupted replay for a bad commit: 125, cannot be tested."""
    driver.wild.write(conftest=CONFTEST + HOLDING)
    assert driver.run("--orders", "reverse", "--confirm", "1", "--no-roles") == 1
    (found,) = driver.wild.result()["findings"]
    (driver.wild.scratch / "held").touch()
    with driver.started(found["id"], command="replay"):
        driver.until_tests(1)
        driver.process.send_signal(signal.SIGTERM)
        code, seconds = driver.ended()
    driver.check()
    assert (code, seconds < PROMPT) == (125, True)
