"""Tests that change the process that they run in, and the one that watches them with it."""

from __future__ import annotations

import pytest

from tests.wild.harness import CHEAP, Wild, accused, confirmed_pair

CHANGES = {
    "chdir": "os.chdir('/')",
    "chdir-to-nowhere": "os.chdir(tempfile.mkdtemp()); os.rmdir(os.getcwd())",
    "clears-environ": "os.environ.clear()",
    "deletes-tmpdir": "shutil.rmtree(tempfile.gettempdir())",
    "deletes-tmpdir-of-environ": "shutil.rmtree(os.environ['TMPDIR'])",
    "forks-on": "if os.fork() == 0: return",
    "forks-and-waits": "if os.fork() == 0: threading.Event().wait()",
    "forks-a-daemon": "if os.fork() == 0: os.setsid(); threading.Event().wait()",
    "stdout-none": "sys.stdout = sys.stderr = sys.__stdout__ = sys.__stderr__ = None",
    "stdout-closed": "sys.stdout = sys.stderr = open(os.devnull, 'w'); sys.stdout.close()",
    "signal-handlers": "[signal.signal(n, signal.SIG_IGN) for n in (2, 15, signal.SIGCHLD, signal.SIGALRM)]",
    "umask": "os.umask(0o777)",
    "recursion-limit": "sys.setrecursionlimit(120)",
    "blocks-sockets": "socket.socket = None",
    "patches-builtins": "builtins.open = None; os.open = os.write = os.getpid = json.dumps = None",
    "clears-modules": "[sys.modules.pop(name) for name in list(sys.modules) if '_bisect' in name or name == 'json']",
    "file-size-limit": "resource.setrlimit(resource.RLIMIT_NOFILE, (40, 40))",
    "warnings-to-errors": "warnings.simplefilter('error')",
    "gc-disabled": "gc.disable(); gc.set_threshold(0)",
    "new-session": "os.getsid(0) == os.getpid() or os.setpgid(0, 0)",
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_the_polluter_changes_the_process(wild: Wild, change: str) -> None:
    """Whatever a test does to its process, its pollution is found, and the trial is judged as it should be."""
    wild.write(
        test_a=f"""
        import builtins, gc, json, os, resource, shutil, signal, socket, sys, tempfile, threading, warnings
        STATE = []
        def test_victim():
            assert not STATE
        def test_innocent():
            pass
        def test_polluter():
            STATE.append(1)
            {change}
        """
    )
    confirmed_pair(wild.run(*CHEAP), "test_polluter", "test_victim")


@pytest.mark.parametrize("capture", ["no", "sys", "fd"])
def test_all_descriptors_are_closed(wild: Wild, capture: str) -> None:
    """os.closerange harms nothing of ours; where it breaks pytest's own capture, nobody is accused for that."""
    wild.ini = f"addopts = --capture={capture} -p no:faulthandler"
    wild.write(
        test_a="""
        import os
        STATE = []
        def test_victim():
            assert not STATE
        def test_innocent():
            pass
        def test_polluter():
            STATE.append(1)
            os.closerange(3, 1024)
        """
    )
    done = wild.run(*CHEAP)
    if capture == "fd":  # pytest's own capture is broken from there on: whatever fails, fails of that
        assert set().union(*accused(done.result).values()) <= {"test_polluter"}
    else:
        confirmed_pair(done, "test_polluter", "test_victim")


def test_a_forked_child_runs_the_rest_too(wild: Wild) -> None:
    """A test that forks and returns in both processes: what the stray one does is none of the trial's outcomes."""
    wild.write(
        test_a="""
        import os
        STATE, STRAY = [], []
        def test_crashes_in_the_stray():
            if STRAY:
                os._exit(1)
        def test_fails_in_the_stray():
            assert not STRAY
        def test_innocent():
            pass
        def test_victim():
            assert not STATE
        def test_polluter():
            STATE.append(1)
        def test_forks():
            pid = os.fork()
            if pid:
                os.waitpid(pid, 0)
            else:
                STRAY.append(1)
        """
    )
    confirmed_pair(wild.run(*CHEAP), "test_polluter", "test_victim")
