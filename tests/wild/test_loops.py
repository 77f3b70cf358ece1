"""Event loops, tasks and threads that outlive a test."""

from __future__ import annotations

import pytest

from tests.wild.harness import CHEAP, Wild, confirmed_pair


def test_no_current_event_loop(wild: Wild) -> None:
    """asyncio.run leaves no current loop behind; a test that asks for one afterwards is its victim."""
    wild.write(
        test_a="""
        import asyncio
        def test_victim():
            asyncio.get_event_loop_policy().get_event_loop()
        def test_innocent():
            pass
        def test_polluter():
            asyncio.run(asyncio.sleep(0))
        """
    )
    found = confirmed_pair(wild.run(*CHEAP), "test_polluter", "test_victim")
    assert "no current event loop" in found["error"]["message"]


ALIVE = {
    "thread": "threading.Thread(target=threading.Event().wait, daemon=True).start()",
    "stubborn-thread": "threading.Thread(target=threading.Event().wait).start()",
    "busy-thread": "threading.Thread(target=spin, daemon=True).start()",
    "process": "subprocess.Popen([sys.executable, '-c', 'import threading; threading.Event().wait()'])",
    "pool": "POOL.append(concurrent.futures.ThreadPoolExecutor()); POOL[0].submit(threading.Event().wait)",
    "task": "LOOP.run_until_complete(begin())",
}


@pytest.mark.parametrize("leaves", ALIVE.values(), ids=ALIVE)
def test_something_is_left_alive(wild: Wild, leaves: str) -> None:
    """A thread, task or process that a test leaves alive neither holds up a trial nor outlives the run."""
    wild.write(
        test_a=f"""
        import asyncio, concurrent.futures, subprocess, sys, threading
        STATE, POOL, TASKS = [], [], []
        LOOP = asyncio.new_event_loop()

        def spin():
            while True:
                pass

        async def begin():
            TASKS.append(asyncio.ensure_future(asyncio.Event().wait()))

        def test_victim():
            assert not STATE
        def test_innocent():
            pass
        def test_polluter():
            STATE.append(1)
            {leaves}
        """
    )
    confirmed_pair(wild.run(*CHEAP), "test_polluter", "test_victim")
