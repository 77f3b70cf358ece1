"""Tests of several workers that clash over something of the machine: none of them runs while another does."""

from __future__ import annotations

from collections.abc import Iterator

from bisect_loop.fixes.fixture import Body, used_by, with_fixture
from bisect_loop.fixes.ground import Ground
from bisect_loop.fixes.model import Candidate

_MOST = 4  # test functions; where more are needed, a lock would put the suite on one worker
# The lock is on the file of the fixture itself: every process of this tree has that, whatever its temporary folder is.
_LOCK = Body(
    ("with open(__file__) as file:", "    {fcntl}.flock(file, {fcntl}.LOCK_EX)"),
    # Said aloud: a process that the test started has the file as well, and would keep the lock.
    ("    {fcntl}.flock(file, {fcntl}.LOCK_UN)",),
    ("fcntl",),
    around=("    yield",),
)


def candidates(ground: Ground) -> Iterator[Candidate]:
    """A lock between processes that all the tests of a cross-process finding take; and the same for the victim only.

    The second falls short: nobody else asks for the lock.
    """
    finding = ground.finding
    victim = finding.victim.partition("[")[0]
    others = tuple(dict.fromkeys(test.partition("[")[0] for test in finding.polluters))
    if finding.kind != "cross-process" or not others or len(others) >= _MOST:
        return
    doc = "The bodies of no two tests that use it run at the same time, in whatever process."
    written = with_fixture(ground, "one_at_a_time", doc, _LOCK, autouse=False)
    every = None if written is None else used_by(ground, tuple(dict.fromkeys((*others, victim))), written)
    one = None if written is None else used_by(ground, (victim,), written)
    if written is None or every is None or one is None:
        return
    yield Candidate(
        "lock-between-processes",
        f"a fixture in {written.edit.path} lets only one of these tests run at a time, in whatever process",
        written.where,
        every,
        cost="they wait for one another; autouse fixtures, setup_method, wider scopes and what else uses the same are"
        " not held back; fcntl is not on Windows",
    )
    if victim in others:
        return  # a lock of the victim's function is one of theirs as well
    yield Candidate(
        "lock-for-victim",
        f"only the victim takes such a lock, in {written.edit.path}",
        written.where,
        one,
        likely=False,
    )
