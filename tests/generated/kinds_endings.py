"""Kinds in which a process ends badly, or does not end."""

from __future__ import annotations

from . import leaks
from .draft import Draft
from .leaks import Leak
from .model import CRASH, HANG, Behaviour, Error, adding, having
from .text import COMMON, Block, Body, write

SHORT_SILENCE = ("--timeout", "5")
FEW_ORDERS = "default,reverse"


def _ending(draft: Draft, leak: Leak, lines: tuple[str, ...], imports: tuple[str, ...], error: Error) -> Block:
    body = Body((f"if {leak.dirty}:", *(f"    {line}" for line in lines), "assert True"), (*leak.imports, *imports))
    return write(draft.names, body, Behaviour(fails=((having(leak.fact), error),)), "victim", COMMON)


def exit_in_victim(draft: Draft) -> None:
    """After the polluter, the victim leaves the process by os._exit."""
    leak = draft.leak(leaks.PLAIN)
    status = draft.rng.choice((0, 1, 3))
    draft.place(
        draft.polluter(leak),
        _ending(draft, leak, (f"os._exit({status})",), ("import os",), Error(CRASH)),
        shuffled=True,
    )


def signal_in_victim(draft: Draft) -> None:
    """After the polluter, the victim dies of a signal."""
    leak = draft.leak(leaks.PLAIN)
    name = draft.rng.choice(("SIGSEGV", "SIGABRT", "SIGKILL"))
    lines = (f"os.kill(os.getpid(), signal.{name})",)
    draft.place(
        draft.polluter(leak),
        _ending(draft, leak, lines, ("import os", "import signal"), Error(CRASH)),
        shuffled=True,
    )


def lock_left_held(draft: Draft) -> None:
    """The polluter keeps a lock, and the victim waits for it for ever."""
    module = draft.names.module("locks")
    draft.support[module] = "import threading\n\nLOCK = threading.Lock()\n"
    imports = (f"from {draft.names.package} import {module}",)
    fact = f"{module} is held"
    polluter = write(
        draft.names,
        Body((f"assert {module}.LOCK.acquire(blocking=False)",), imports),
        Behaviour(effects=(adding(fact),)),
        "polluter",
    )
    victim = write(
        draft.names,
        Body((f"with {module}.LOCK:", f"    assert {module}.LOCK.locked()"), imports),
        Behaviour(fails=((having(fact), Error(HANG)),)),
        "victim",
        COMMON,
    )
    draft.options, draft.orders, draft.most_tests = SHORT_SILENCE, FEW_ORDERS, 16
    draft.place(polluter, victim, shuffled=True)


def never_exits(draft: Draft) -> None:
    """A test leaves a thread behind which keeps the interpreter from exiting after pytest's summary."""
    leak = draft.leak(leaks.PLAIN)
    stuck = write(
        draft.names,
        Body(
            ("threading.Thread(target=threading.Event().wait).start()", "assert threading.active_count() > 1"),
            ("import threading",),
        ),
        Behaviour(),
        "stuck",
        COMMON,
    )
    draft.options, draft.orders, draft.most_tests = SHORT_SILENCE, FEW_ORDERS, 16
    draft.place(stuck, draft.polluter(leak), draft.victim(leak), shuffled=True)


def thread_from_the_start(draft: Draft) -> None:
    """A thread runs from the conftest's import on: forking such a process is not safe."""
    leak = draft.leak(leaks.PLAIN)
    draft.conftest.append(
        "import threading\n\nHEARTBEAT = threading.Thread(target=threading.Event().wait, daemon=True)\n"
        "HEARTBEAT.start()"
    )
    draft.place(draft.polluter(leak), draft.victim(leak), shuffled=True)
