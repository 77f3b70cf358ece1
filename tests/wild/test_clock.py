"""Suites that stop or change the clock of their own process."""

from __future__ import annotations

import pytest

from tests.wild.harness import CHEAP, Wild, confirmed_pair

PAIR = """
    STATE = []
    def test_victim():
        assert not STATE
    def test_innocent():
        pass
    def test_polluter():
        STATE.append(1)
"""
FROZEN = """
    import pytest
    from freezegun import freeze_time

    @pytest.fixture(scope="session", autouse=True)
    def frozen():
        with freeze_time("2001-02-03 04:05:06"):
            yield
"""
FROZEN_AT_IMPORT = """
    from freezegun import freeze_time
    freeze_time("2001-02-03 04:05:06").start()
"""
PATCHED = """
    import time, datetime, pytest

    @pytest.fixture(scope="session", autouse=True)
    def stopped():
        patch = pytest.MonkeyPatch()
        for name in ("time", "monotonic", "perf_counter", "process_time"):
            patch.setattr(time, name, lambda: 0.0)
        patch.setattr(time, "sleep", lambda seconds: None)
        yield
        patch.undo()
"""
BACKWARDS = """
    import itertools, time
    for name in ("time", "monotonic", "perf_counter"):
        setattr(time, name, lambda count=itertools.count(0, -1000): float(next(count)))
"""


@pytest.mark.parametrize(
    "conftest",
    [FROZEN, FROZEN_AT_IMPORT, PATCHED, BACKWARDS],
    ids=["freezegun-session", "freezegun-import", "monkeypatched", "backwards"],
)
def test_a_clock_that_lies(wild: Wild, conftest: str) -> None:
    """No decision hangs on the clock of the suite's process, and no time that it told is shown."""
    wild.write(conftest=conftest, test_a=PAIR)
    done = wild.run(*CHEAP)
    confirmed_pair(done, "test_polluter", "test_victim")
    assert 0 < done.result["cost"]["seconds"] < 3600
