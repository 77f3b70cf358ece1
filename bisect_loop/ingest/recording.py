"""What a log or a result file says of a run: which worker ran which tests, in which order, and what failed how."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from bisect_loop.model import NodeId, Phase

SeenAs = Literal["passed", "failed", "error", "skipped", "xfailed", "xpassed", "rerun", "unfinished", "unknown"]

MAIN = "main"  # the lane of a run without workers


class LogError(Exception):
    """The text cannot be read as a run of pytest. The message is one sentence with the mend."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One test as the log shows it.

    "failed" is a failure of the call, "error" one of setup or teardown: `phase` says which, None where the log does
    not. "rerun" is an attempt that was repeated at once; "unfinished" the test that was running when the log ends;
    "unknown" one whose outcome is not in the log. `raw` is the text that `nodeid` was taken from.
    """

    nodeid: NodeId
    outcome: SeenAs
    phase: Phase | None = None
    raw: str = ""

    @property
    def bad(self) -> bool:
        return self.outcome in ("failed", "error", "unfinished")


@dataclass(frozen=True, slots=True)
class Lane:
    """What one worker ran, in order."""

    worker: str
    tests: tuple[Seen, ...]

    @property
    def order(self) -> tuple[NodeId, ...]:
        """Each test once, where it was run first: a repeated attempt is no second place in the order."""
        return tuple(dict.fromkeys(test.nodeid for test in self.tests))

    @property
    def failed(self) -> tuple[NodeId, ...]:
        """The tests that failed in the end, in order."""
        last = {test.nodeid: test for test in self.tests}
        return tuple(nodeid for nodeid in self.order if last[nodeid].bad)

    def upto(self, nodeid: NodeId) -> tuple[NodeId, ...]:
        """Return the order up to and with `nodeid`: the prefix that a failure needs at most."""
        order = self.order
        return order[: order.index(nodeid) + 1]


@dataclass(frozen=True, slots=True)
class FileRun:
    """A line of dots: a file and one letter for each of its tests, in the order in which they were run."""

    file: str
    letters: str


@dataclass(frozen=True, slots=True)
class Failure:
    """How a test failed, as far as the log shows it; "" where it does not. `where` is "file:line"."""

    nodeid: NodeId
    phase: Phase | None = None
    type: str = ""
    message: str = ""
    where: str = ""
    worker: str = ""


@dataclass(frozen=True, slots=True)
class Recording:
    """A run as its log tells it.

    `lanes` are complete orders only where `ordered` is true; else `files` may hold what dots show. `seed` is
    pytest-randomly's, `dist` and `workers` are xdist's. `failed` names every test that the log says failed, also
    where no lane places it. `crashed` holds the tests during which a worker died. `notes` are sentences on what
    the log leaves open.
    """

    format: str
    lanes: tuple[Lane, ...] = ()
    ordered: bool = True
    files: tuple[FileRun, ...] = ()
    failures: tuple[Failure, ...] = ()
    failed: tuple[NodeId, ...] = ()
    crashed: tuple[NodeId, ...] = ()
    seed: int | None = None
    dist: str | None = None
    workers: int | None = None
    collected: int | None = None
    plugins: tuple[str, ...] = ()
    python: str = ""
    pytest: str = ""
    rootdir: str = ""
    line: int = 1
    notes: tuple[str, ...] = ()

    def failing_lanes(self) -> tuple[Lane, ...]:
        """Return the lanes in which a test failed, in the order of their names."""
        return tuple(lane for lane in self.lanes if lane.failed)

    def failure_of(self, nodeid: NodeId) -> Failure | None:
        """Return how `nodeid` failed first, None where the log does not show it."""
        return next((failure for failure in self.failures if failure.nodeid == nodeid), None)
