"""Measures what tracing event loops costs: `python benchmarks/tracer.py`.

The same order is run with and without the tracer in forked children of one collected suite, in turn, so that what is
compared is the tests and nothing else. Two suites: trivial async tests, and tests of which each leaves a loop, a task,
a lock and a stream behind and uses what the one before it left.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
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
CONDITION = Condition(args=("-p", "no:randomly", "-W", "ignore"))


def measure(name: str, source: str, number: int, rounds: int) -> dict[str, object]:
    """Run one suite in `rounds`; return the seconds of every run, and the median of what each round says.

    A round is plain, traced, traced, plain: a machine that grows slower or faster meanwhile does so to both alike.
    """
    with tempfile.TemporaryDirectory() as folder, Workspace() as workspace:
        root = Path(folder)
        (root / "pyproject.toml").write_text(SETTINGS)
        (root / "test_suite.py").write_text(source.format(number=number))
        target = Target(sys.executable, root, without_outer_pytest(os.environ))
        runner = ForkRunner(target, workspace, Slots([Slot(0)]), CONDITION, 300.0)
        order = runner.start().suite.nodeids
        trial = Trial(order, CONDITION)
        seconds: dict[bool, list[float]] = {False: [], True: []}
        for turn in range(-1, rounds):  # the first round warms up and does not count
            for traced in (False, True, True, False):
                result = runner.run(replace(trial, traced=traced))
                wrong = [outcome.nodeid for outcome in result.outcomes if outcome.failed]
                if wrong or len(result.outcomes) != number:
                    raise SystemExit(f"{name}: {result.ending.value} {result.detail}, failed: {wrong[:3]}")
                if turn >= 0:
                    seconds[traced].append(result.seconds)
        runner.close()
    ratios = [traced / plain for plain, traced in zip(_pairs(seconds[False]), _pairs(seconds[True]), strict=True)]
    return {
        "suite": name,
        "tests": number,
        "plain": seconds[False],
        "traced": seconds[True],
        "median_plain": statistics.median(seconds[False]),
        "median_traced": statistics.median(seconds[True]),
        "ratios": ratios,
        "ratio": statistics.median(ratios),
    }


def _pairs(seconds: list[float]) -> list[float]:
    return [first + second for first, second in zip(seconds[::2], seconds[1::2], strict=True)]


def main(argv: Sequence[str] | None = None) -> int:
    """Print a table; return 1 where `--check` is given and a promise is not kept."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tests", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--check", action="store_true", help="exit with 1 above 1.05 (trivial) or 1.3 (leaking)")
    options = parser.parse_args(argv)
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
