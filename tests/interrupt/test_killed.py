"""kill -9 at any point, then the same command: it goes on, repeats next to nothing, and answers the same."""

from __future__ import annotations

import contextlib
import sqlite3
from typing import Any

import pytest

from tests.interrupt.driver import CONFTEST, TESTS, Driver
from tests.wild.harness import wait_until_gone

ARGS = ("--orders", "default,reverse", "--confirm", "2")
# In the first order, in its forked check, in the reverse order, and in the search after it.
COUNTS = (TESTS // 2, TESTS + 5, 2 * TESTS + 5, 3 * TESTS + 1, 3 * TESTS + 12)


def answer(result: dict[str, Any]) -> Any:
    """What a run concluded, without what it cost."""
    return result["orders_tried"], result["findings"], result["stopped_because"]


def recorded(driver: Driver) -> int:
    """How many trials the history holds."""
    with contextlib.closing(sqlite3.connect(driver.wild.root / ".bisect-loop" / "history.db")) as database:
        return int(database.execute("SELECT count(*) FROM trials").fetchone()[0])


def repeated(driver: Driver) -> int:
    """How many trials are in the history twice."""
    with contextlib.closing(sqlite3.connect(driver.wild.root / ".bisect-loop" / "history.db")) as database:
        sql = "SELECT count(*) - count(DISTINCT run || trial || runner) FROM trials"
        return int(database.execute(sql).fetchone()[0])


def undisturbed(driver: Driver, *args: str) -> tuple[Any, int]:
    """The answer of a run that nobody stops, and the number of its trials; the history is forgotten again."""
    assert driver.run(*args) == 1, driver.lines
    driver.check()
    wanted, trials = answer(driver.wild.result()), driver.trials()
    (driver.wild.scratch / "trials").unlink()
    driver.wild.result_file.unlink()
    driver.wild.forget()
    return wanted, trials


@pytest.mark.parametrize("counts", [COUNTS[:2], COUNTS[2:4], COUNTS[4:]], ids=["orders", "search", "late"])
def test_killed_and_started_again(driver: Driver, counts: tuple[int, ...]) -> None:
    """Each kill costs at most the one trial that was going on, and the answer is that of an undisturbed run."""
    args = (*ARGS, "--jobs", "1")
    wanted, trials = undisturbed(driver, *args)
    done = 0
    for count in counts:
        with driver.started(*args) as process:
            # What earlier runs did is not run again, so its tests are not started again.
            driver.until_tests(max(1, count - done))
            process.kill()
            process.wait()
        assert not wait_until_gone(driver.wild.marker), "the guard ends what the killed tool left"
        assert list(driver.wild.temporary.iterdir()) == []
        assert not driver.wild.result_file.exists()
        done = count
    before = recorded(driver)
    assert driver.run(*args) == 1, driver.lines
    driver.check()
    assert answer(driver.wild.result()) == wanted
    assert driver.trials() <= trials + len(counts)
    if before:
        assert any("going on with a run that was cut off" in line for line in driver.lines)


# The first chunk of the search waits for ever, once it is forked and while a file called `held` is there.
HOLDING = """
    def pytest_runtest_setup(item):
        if item.name == "test_polluter_too" and 1 < len(item.session.items) < 20 and (SCRATCH / "held").exists():
            import threading
            threading.Event().wait()
"""


def test_trials_at_once_are_kept_as_they_end(driver: Driver) -> None:
    """Of trials that run side by side only what had not ended is run again, not what waited for an earlier one."""
    driver.wild.write(conftest=CONFTEST + HOLDING)
    args = ("--orders", "reverse", "--confirm", "1", "--no-roles", "--jobs", "4")
    wanted, _ = undisturbed(driver, *args)
    held = driver.wild.scratch / "held"
    held.touch()
    with driver.started(*args) as process:
        driver.until_line("looking into")
        # The whole order, the victim alone, and three of four chunks.
        driver.until(lambda: recorded(driver) >= 5)
        process.kill()
        process.wait()
    assert not wait_until_gone(driver.wild.marker)
    held.unlink()
    assert driver.run(*args) == 1, driver.lines
    driver.check()
    assert answer(driver.wild.result()) == wanted
    assert repeated(driver) == 0
