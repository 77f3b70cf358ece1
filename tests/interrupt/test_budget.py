"""A budget: the best so far when it is spent, and the same command goes on where it ended."""

from __future__ import annotations

from tests.interrupt.driver import CONFTEST, PROMPT, Driver
from tests.wild.harness import accused

ARGS = ("--orders", "default,reverse", "--confirm", "1", "--no-roles", "--jobs", "1")


def test_spent_in_the_middle_of_a_hang(driver: Driver) -> None:
    """A trial that hangs does not outlive the budget by its own, much longer, time limit."""
    driver.wild.write(conftest=CONFTEST, test_a="import threading\ndef test_hangs():\n    threading.Event().wait()\n")
    with driver.started(*ARGS, "--budget", "8", "--timeout", "100"):
        driver.until_tests(1)
        code, seconds = driver.ended()
    driver.check()
    assert (code, driver.wild.result()["stopped_because"]) == (0, "budget")
    assert seconds < 8 + PROMPT


# The victim waits for ever in the reverse order, while a file called `held` is there.
HOLDING = """
    def pytest_runtest_setup(item):
        if item.name == "test_victim" and item.session.items[0] is not item and (SCRATCH / "held").exists():
            import threading
            threading.Event().wait()
"""


def test_spent_and_gone_on_with(driver: Driver) -> None:
    """A spent budget accuses nobody; the same command without one finishes, and repeats at most one trial."""
    driver.wild.write(conftest=CONFTEST + HOLDING)
    assert driver.run(*ARGS) == 1
    wanted, trials = accused(driver.wild.result()), driver.trials()
    (driver.wild.scratch / "trials").unlink()
    driver.wild.forget()

    held = driver.wild.scratch / "held"
    held.touch()
    assert driver.run(*ARGS, "--budget", "12") == 0, driver.lines
    driver.check()
    result = driver.wild.result()
    assert (result["stopped_because"], accused(result)) == ("budget", {})
    assert "budget" in driver.out
    held.unlink()

    assert driver.run(*ARGS) == 1, driver.lines
    driver.check()
    assert any("going on with a run that was cut off" in line for line in driver.lines)
    assert (driver.wild.result()["stopped_because"], accused(driver.wild.result())) == ("done", wanted)
    assert driver.trials() <= trials + 1
