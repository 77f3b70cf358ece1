"""Suites whose trials disturb one another when they run at the same time."""

from __future__ import annotations

import socket

import pytest

from tests.wild.harness import Wild, accused, confirmed_pair

# Each takes something that only one process at a time can have, and keeps it for a moment.
PORT = """
    import socket

    def take():
        taken = socket.socket()
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            taken.bind(("127.0.0.1", {port}))
            taken.listen()
        except OSError:
            taken.close()
            return False
        time.sleep(0.03)
        taken.close()
        return True
"""
TEMPORARY_FILE = """
    import os, pathlib

    def take():
        path = pathlib.Path("{scratch}", "fixed-name.tmp")
        path.write_text(str(os.getpid()))
        time.sleep(0.03)
        return path.read_text() == str(os.getpid())
"""
CHECKOUT = """
    import os, pathlib

    def take():
        path = pathlib.Path(__file__).with_name("output.tmp")
        path.write_text(str(os.getpid()))
        time.sleep(0.03)
        mine = path.exists() and path.read_text() == str(os.getpid())
        path.unlink(missing_ok=True)
        return mine
"""
RESOURCES = pytest.mark.parametrize(
    "resource", [PORT, TEMPORARY_FILE, CHECKOUT], ids=["port", "temporary-file", "checkout"]
)

INNOCENTS = """
    import time, pytest
    {resource}
    BROKEN = []

    def serve():
        if BROKEN or not take():
            raise RuntimeError("no server")
"""


def written(wild: Wild, resource: str, tests: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    wild.write(test_a=INNOCENTS.format(resource=resource.format(port=port, scratch=wild.scratch)) + tests)


@RESOURCES
def test_only_side_by_side(wild: Wild, resource: str) -> None:
    """A suite that fails only when two of its runs meet is found healthy."""
    written(wild, resource, "\n    @pytest.mark.parametrize('n', range(12))\n    def test_a(n):\n        serve()\n")
    done = wild.run("--orders", "default,reverse,shuffle:1", "--jobs", "4")
    assert (done.code, done.result["findings"]) == (0, []), done.out


@RESOURCES
def test_the_same_error_side_by_side(wild: Wild, resource: str) -> None:
    """Where running side by side gives the very failure that is hunted, only the real polluter is named."""
    tests = """
    def test_victim():
        serve()

    @pytest.mark.parametrize("n", range(14))
    def test_innocent(n):
        take()

    def test_polluter():
        BROKEN.append(1)

    @pytest.mark.parametrize("n", range(14))
    def test_more(n):
        take()
    """
    written(wild, resource, tests)
    done = wild.run("--orders", "reverse", "--confirm", "1")
    confirmed_pair(done, "test_polluter", "test_victim")


def test_a_checkout_that_stays_written(wild: Wild) -> None:
    """A file that a test leaves in the checkout outlives its process: then nobody can be told guilty, nobody is."""
    wild.writes_into_the_tree = True
    wild.write(
        test_a="""
        import pathlib
        LEFT = pathlib.Path(__file__).with_name("left.txt")

        def test_victim():
            assert not LEFT.exists()

        def test_innocent():
            pass

        def test_writer():
            LEFT.write_text("left")
        """
    )
    done = wild.run("--orders", "default,reverse", "--confirm", "2")
    assert accused(done.result) == {}, done.out
    assert done.code == 0
