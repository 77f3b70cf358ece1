"""What a project asks of pytest for its own runs must neither disturb trials nor be done to the user's tree."""

from __future__ import annotations

import re

import pytest

from tests.wild.harness import CHEAP, Wild, accused, confirmed_pair, kinds

PAIR = """
    import os, pathlib
    STATE = []
    def test_victim():
        assert not STATE
    def test_fails():
        assert False
    def test_innocent(tmp_path):
        pass
    def test_polluter():
        STATE.append(1)
"""


@pytest.mark.parametrize(
    ("addopts", "plugins"),
    [
        ("-x", False),
        ("--maxfail=1 --junitxml=report.xml", False),
        ("-n 2", True),
        ("--cov=tests --cov-report=html --cov-report=xml --cov-report=term --cov-fail-under=100", True),
        ("-v -s -rA --durations=5 --tb=long --log-file=log.txt", False),
        ("--lf --ff --sw", False),
        ("--basetemp=base", False),
    ],
    ids=["x", "junit", "workers", "coverage", "verbose", "cache", "basetemp"],
)
def test_addopts(wild: Wild, addopts: str, plugins: bool) -> None:
    """Stops, workers, reports and caches that addopts ask for change no finding and write nothing into the tree."""
    wild.plugins = plugins
    wild.ini = f"addopts = {addopts}\n"
    wild.write(test_a=PAIR)
    done = wild.run("--orders", "default,reverse", "--confirm", "1", "--no-roles")
    confirmed_pair(done, "test_polluter", "test_victim")
    assert kinds(done.result) == {"test_fails": "always-fails", "test_victim": "victim"}


def test_the_seed_of_randomly_is_kept(wild: Wild) -> None:
    """Random values are those of the recorded seed in every trial, and a failure that needs them is confirmed."""
    wild.plugins = True
    wild.ini = "addopts = -p no:asyncio -p no:anyio -p no:cov -p no:hypothesispytest\n"
    wild.write(
        test_a="""
        import os, pathlib, random
        STATE = []

        def as_at_first(name):
            # Whether this draws what it drew in the first trial of all.
            first = pathlib.Path(os.environ["SCRATCH"], name)
            drawn = str(random.random())
            if not first.exists():
                first.write_text(drawn)
            return first.read_text() == drawn

        def test_victim():
            same = as_at_first("victim")
            assert not (STATE and same)
        def test_draws():
            assert as_at_first("innocent")
        def test_polluter():
            STATE.append(1)
        """
    )
    done = wild.run(*CHEAP)
    found = confirmed_pair(done, "test_polluter", "test_victim")
    assert re.search(r"--randomly-seed=\d+", found["replay"]["command"])


def test_a_rerun_plugin(wild: Wild) -> None:
    """A plugin that runs failed tests again: what passes then has passed, what still fails has failed."""
    wild.write(
        conftest="""
        import pytest
        from _pytest.runner import runtestprotocol

        @pytest.hookimpl(tryfirst=True)
        def pytest_runtest_protocol(item, nextitem):
            item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
            reports = runtestprotocol(item, nextitem=nextitem, log=False)
            if any(report.failed for report in reports):
                for report in reports:
                    if report.failed:
                        report.outcome = "rerun"
                        item.ihook.pytest_runtest_logreport(report=report)
                        break
                    item.ihook.pytest_runtest_logreport(report=report)
                item._initrequest()
                reports = runtestprotocol(item, nextitem=nextitem, log=False)
            for report in reports:
                item.ihook.pytest_runtest_logreport(report=report)
            item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
            return True
        """,
        test_a="""
        STATE, TRIES = [], []
        def test_victim():
            assert not STATE
        def test_second_time_lucky():
            TRIES.append(1)
            assert len(TRIES) > 1
        def test_polluter():
            STATE.append(1)
        """,
    )
    confirmed_pair(wild.run(*CHEAP), "test_polluter", "test_victim")


HOME = """
    import os, pathlib
    STATE = []
    RC = pathlib.Path.home() / ".apprc"
    def test_victim():
        assert not STATE
    def test_writes_home():
        RC.write_text("written")
        assert RC.parent == pathlib.Path(os.environ["SCRATCH"], "home"), "that is a real home"
        RC.unlink()
    def test_polluter():
        STATE.append(1)
"""


def test_a_scratch_home(wild: Wild) -> None:
    """--env HOME=DIR gives the trials and the printed command a home of their own."""
    wild.write(test_a=HOME)
    home = wild.scratch / "home"
    home.mkdir()
    done = wild.run(*CHEAP, "--env", f"HOME={home}", env={"HOME": str(wild.scratch)})
    confirmed_pair(done, "test_polluter", "test_victim")
    assert kinds(done.result) == {"test_victim": "victim"}


def test_a_home_that_stays_written(wild: Wild) -> None:
    """A file that a test leaves in HOME outlives its process: nobody can be told guilty, nobody is accused."""
    wild.write(
        test_a="""
        import pathlib
        RC = pathlib.Path.home() / ".apprc"
        def test_victim():
            assert not RC.exists()
        def test_innocent(tmp_path):
            pass
        def test_writer():
            RC.write_text("left")
        """
    )
    done = wild.run("--orders", "default,reverse", "--confirm", "1", env={"HOME": str(wild.scratch)})
    assert (accused(done.result), done.code) == ({}, 0), done.out
