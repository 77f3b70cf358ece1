"""Processes that do not come to the end they should come to."""

from __future__ import annotations

import pytest

from tests.wild.harness import CHEAP, Wild, accused, confirmed_pair, finding, kinds

PAIR = """
    import os, signal, sys, threading, time, pytest
    STATE = []

    def test_victim():
        if STATE:
            {fails}

    def test_innocent():
        pass

    def test_polluter():
        STATE.append(1)
        {also}
"""


def test_a_summary_and_then_no_exit(wild: Wild) -> None:
    """pytest prints its summary and a thread keeps the process alive: the outcomes count, the process is ended."""
    wild.write(test_a=PAIR.format(fails="assert False", also="threading.Thread(target=threading.Event().wait).start()"))
    confirmed_pair(wild.run(*CHEAP), "test_polluter", "test_victim")


def test_internal_error_half_way(wild: Wild) -> None:
    """A hook that raises in the middle ends that order, with its reason shown, and hides no pair around it."""
    wild.write(
        conftest="""
        def pytest_runtest_logreport(report):
            if "test_explodes" in report.nodeid and report.when == "call":
                raise KeyError("a broken plugin")
        """,
        test_a="""
        STATE = []
        def test_victim():
            assert not STATE
        def test_explodes():
            pass
        def test_polluter():
            STATE.append(1)
        """,
    )
    done = wild.run("--orders", "default,reverse", "--confirm", "1", "--no-roles")
    confirmed_pair(done, "test_polluter", "test_victim")
    notes = " ".join(done.out.split())
    for order, last in (("default", "test_victim"), ("reverse", "test_polluter")):
        assert f"order {order} ended early, at tests/test_a.py::{last}: KeyError: 'a broken plugin'" in notes


CRASHES = pytest.mark.parametrize(
    "crash", ["os._exit(0)", "os.kill(os.getpid(), signal.SIGSEGV)"], ids=["exit-0", "segfault"]
)


@CRASHES
def test_the_victim_crashes(wild: Wild, crash: str) -> None:
    """A process that dies in the victim, after its polluter only, is a failure like another; exit 0 hides nothing."""
    wild.write(test_a=PAIR.format(fails=crash, also="pass"))
    found = confirmed_pair(wild.run(*CHEAP), "test_polluter", "test_victim")
    assert found["error"]["type"] == "Crash"


@CRASHES
def test_an_innocent_crashes_in_every_run(wild: Wild, crash: str) -> None:
    """A test that kills its process alone as well accuses nobody, and hides no pair, wherever it stands."""
    wild.write(
        test_a=f"""
        import os, signal
        STATE = []
        def test_victim():
            assert not STATE
        def test_crash():
            {crash}
        def test_polluter():
            STATE.append(1)
        """
    )
    done = wild.run("--orders", "default,reverse", "--confirm", "1", "--no-roles")
    confirmed_pair(done, "test_polluter", "test_victim")
    assert kinds(done.result) == {"test_crash": "always-fails", "test_victim": "victim"}


def test_the_victim_hangs(wild: Wild) -> None:
    """A victim that comes to no end after its polluter is ended, and is a failure like another."""
    wild.write(test_a=PAIR.format(fails="threading.Event().wait()", also="pass"))
    found = confirmed_pair(wild.run(*CHEAP, "--timeout", "8"), "test_polluter", "test_victim")
    assert found["error"]["type"] == "Hang"


def test_an_innocent_hangs_in_every_run(wild: Wild) -> None:
    """A test that hangs alone as well accuses nobody, and hides no pair, wherever it stands."""
    wild.write(
        test_a="""
        import threading
        STATE = []
        def test_victim():
            assert not STATE
        def test_hang():
            threading.Event().wait()
        def test_polluter():
            STATE.append(1)
        """
    )
    done = wild.run(*CHEAP, "--timeout", "8")
    confirmed_pair(done, "test_polluter", "test_victim")
    assert kinds(done.result) == {"test_hang": "always-fails", "test_victim": "victim"}


def test_ten_megabytes_of_output(wild: Wild) -> None:
    """Much output, captured or not, from polluter and victim blocks nothing."""
    loud = "[print('x' * 65536) for _ in range(160)]"
    wild.write(test_a=PAIR.format(fails=f"{loud}; os.write(2, b'y' * 10_000_000); assert False", also=loud))
    confirmed_pair(wild.run(*CHEAP), "test_polluter", "test_victim")


def test_a_test_stops_the_session(wild: Wild) -> None:
    """pytest.exit() and a KeyboardInterrupt of a test's own end that order and nothing else."""
    wild.write(
        test_a="""
        import pytest
        STATE = []
        def test_exit():
            if STATE:
                pytest.exit("enough")
        def test_interrupt():
            if STATE:
                raise KeyboardInterrupt
        def test_victim():
            assert not STATE
        def test_polluter():
            STATE.append(1)
        """
    )
    done = wild.run(*CHEAP)
    confirmed_pair(done, "test_polluter", "test_victim")


def test_a_teardown_error_after_a_pass(wild: Wild) -> None:
    """A test that passes and whose fixture then fails to tear down has failed, in its teardown."""
    wild.write(
        test_a="""
        import pytest
        STATE = []
        @pytest.fixture
        def connection():
            yield
            if STATE:
                raise ConnectionError("already closed")
        def test_victim(connection):
            pass
        def test_innocent():
            pass
        def test_polluter():
            STATE.append(1)
        """
    )
    found = confirmed_pair(wild.run(*CHEAP), "test_polluter", "test_victim")
    assert (found["error"]["phase"], found["error"]["type"]) == ("teardown", "ConnectionError")


def test_a_brittle_test_that_errors_in_teardown_class(wild: Wild) -> None:
    """A unittest whose tearDownClass fails unless a state-setter ran is brittle, and the setter is named."""
    wild.write(
        test_a="""
        import unittest
        STATE = {}
        class TestBrittle(unittest.TestCase):
            @classmethod
            def tearDownClass(cls):
                del STATE["made"]
            def test_it(self):
                pass
        """,
        test_b="""
        from test_a import STATE
        def test_innocent():
            pass
        def test_setter():
            STATE["made"] = 1
        """,
    )
    done = wild.run("--orders", "default,reverse", "--confirm", "1", "--no-roles")
    assert accused(done.result) == {"TestBrittle::test_it": {"test_setter"}}, done.out
    found = finding(done.result, "TestBrittle::test_it")
    assert (found["kind"], found["error"]["phase"], found["confirmed"]) == ("brittle", "teardown", True)
