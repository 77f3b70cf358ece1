"""Measures what tracing event loops costs: `python benchmarks/tracer.py`.

The same order is run with and without the tracer in forked children of a collected suite, so that what is compared is
the tests and nothing else. Both run at the same time on one processor, which the kernel gives to either in turn for a
few milliseconds, and what is counted is the processor's time: whatever else slows the machine slows both alike. Where
they ran one after the other on a shared machine, two equal runs differed by 30 %.

Two suites: trivial async tests, and tests of which each leaves a loop, a task, a lock and a stream behind and uses what
the one before it left.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

from bisect_loop.model import Condition, Trial
from bisect_loop.runner.fork import ForkRunner
from bisect_loop.runner.target import Slot, Slots, Target, without_outer_pytest
from bisect_loop.runner.workspace import Workspace

TRIVIAL = """
import asyncio
import pytest

@pytest.mark.parametrize("number", range({number}))
async def test_trivial(number):
    await asyncio.sleep(0)
"""
LEAKING = """
import asyncio
import socket
import pytest

KEPT = []

async def forever():
    await asyncio.Event().wait()

@pytest.mark.parametrize("number", range({number}))
async def test_leaking(number):
    loop = asyncio.get_running_loop()
    if KEPT:
        try:
            KEPT[-1][0].call_soon(print)
        except RuntimeError:
            pass
    ours, theirs = socket.socketpair()
    reader, writer = await asyncio.open_connection(sock=ours)
    lock = asyncio.Lock()
    await lock.acquire()
    KEPT.append((loop, asyncio.ensure_future(forever()), lock, reader, writer, theirs))
    if len(KEPT) > 50:
        KEPT.pop(0)[-1].close()
    await asyncio.sleep(0)
"""
SETTINGS = '[tool.pytest.ini_options]\nasyncio_mode = "auto"\nasyncio_default_fixture_loop_scope = "function"\n'
SUITES = {"trivial": (TRIVIAL, 1.05), "leaking": (LEAKING, 1.3)}
CONFTEST = 'import os, pathlib\npathlib.Path(os.environ["SERVER"]).write_text(str(os.getpid()))\n'
CONDITION = Condition(args=("-p", "no:randomly", "-W", "ignore"))
TICK = 1 / os.sysconf("SC_CLK_TCK")  # seconds


class Side:
    """A collected suite whose tests are run with the tracer, or without."""

    def __init__(self, root: Path, workspace: Workspace, traced: bool) -> None:
        self.traced = traced
        server = root / f"server-{traced}"
        environ = {**without_outer_pytest(os.environ), "SERVER": str(server)}
        target = Target(sys.executable, root, environ)
        self._runner = ForkRunner(target, workspace, Slots([Slot(0)]), CONDITION, 300.0)
        self.order = self._runner.start().suite.nodeids
        self._stat = Path("/proc", server.read_text(), "stat")
        self.close = self._runner.close

    def run(self) -> float:
        """Run all tests; return the seconds of processor time they took, with what reads their record.

        Raises SystemExit when a test failed or was not run.
        """
        server, here = self._server(), time.thread_time()
        result = self._runner.run(Trial(self.order, CONDITION, traced=self.traced))
        seconds = self._server() - server + time.thread_time() - here
        failed = [outcome.nodeid for outcome in result.outcomes if outcome.failed]
        if failed or len(result.outcomes) != len(self.order):
            raise SystemExit(f"{result.ending.value} {result.detail}, failed: {failed[:3]}")
        return seconds

    def _server(self) -> float:
        """The processor time of the server and its ended children, in seconds."""
        fields = self._stat.read_text().rpartition(")")[2].split()  # the name before may hold spaces
        return sum(map(int, fields[11:15])) * TICK


def measure(name: str, source: str, number: int, rounds: int) -> dict[str, object]:
    """Run one suite in `rounds`; return the processor seconds of every run, and the median ratio of the rounds.

    Each round has servers of its own: where a process happens to lie in memory makes 2 % for all of its children. One
    before all rounds does not count: Python compiles the tracer in it, as it does once after an installation.
    """
    with tempfile.TemporaryDirectory() as folder, Workspace() as workspace:
        root = Path(folder)
        (root / "pyproject.toml").write_text(SETTINGS)
        (root / "conftest.py").write_text(CONFTEST)
        (root / "test_suite.py").write_text(source.format(number=number))
        runs = [_round(root, workspace) for _ in range(rounds + 1)][1:]
    plain, traced = zip(*runs, strict=True)
    ratios = [with_tracer / without for without, with_tracer in runs]
    return {
        "suite": name,
        "tests": number,
        "plain": plain,
        "traced": traced,
        "median_plain": statistics.median(plain),
        "median_traced": statistics.median(traced),
        "ratios": ratios,
        "ratio": statistics.median(ratios),
    }


def _round(root: Path, workspace: Workspace) -> tuple[float, float]:
    """Run the suite in `root` without and with the tracer at the same time; return the seconds of both."""
    with ExitStack() as stack:
        sides = [Side(root, workspace, traced) for traced in (False, True)]
        for side in sides:
            stack.callback(side.close)
        threads = stack.enter_context(ThreadPoolExecutor(len(sides)))
        plain, traced = threads.map(Side.run, sides)
        return plain, traced


def main(argv: Sequence[str] | None = None) -> int:
    """Print a table; return 1 where `--check` is given and a promise is not kept."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tests", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--check", action="store_true", help="exit with 1 above 1.05 (trivial) or 1.3 (leaking)")
    options = parser.parse_args(argv)
    if not hasattr(os, "sched_setaffinity"):
        parser.error("it needs Linux: the two runs are held on one processor")
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})  # before the servers start: they inherit it
    results = []
    kept = True
    print("| suite | tests | plain | traced | ratio | promised |\n|---|---|---|---|---|---|")
    for name, (source, promise) in SUITES.items():
        result = measure(name, source, options.tests, options.rounds)
        results.append(result)
        ratio = result["ratio"]
        assert isinstance(ratio, float)
        kept = kept and ratio <= promise
        print(
            f"| {name} | {options.tests:,} | {result['median_plain']:.2f} s | {result['median_traced']:.2f} s"
            f" | {ratio:.3f} | {promise} |",
            flush=True,
        )
    if options.json:
        options.json.write_text(json.dumps(results, indent=2))
    return int(options.check and not kept)


if __name__ == "__main__":
    sys.exit(main())
