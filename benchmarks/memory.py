"""Measures the tool's own peak memory on a large suite: `python benchmarks/memory.py`.

The command line runs inside a child of this script, so that what is measured is the tool's process alone: not the
processes of the tests, and not this one.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent

CHILD = """
import resource
import sys
from pathlib import Path

from bisect_loop.cli import main

out, *arguments = sys.argv[1:]
try:
    main(arguments)
except SystemExit as stop:
    code = stop.code
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
status = Path("/proc/self/status")
if status.exists():  # ru_maxrss outlives exec: it may be that of the process which started this one
    lines = [line.split() for line in status.read_text().splitlines()]
    peak = next(int(words[1]) * 1024 for words in lines if words[0] == "VmHWM:")
Path(out).write_text(str(peak))
sys.exit(code)
"""

TEST = """
import pytest

import state

NUMBERS = range({start}, {stop})
# Together the ids are longer than any argument list may be (2 MB on Linux).
TAIL = "with a long name as real parametrised ids have it, " * 4
NAMES = [f"case {{number:05}} of many, {{TAIL}}" for number in NUMBERS]


@pytest.mark.parametrize("number", NUMBERS, ids=NAMES)
def test_case(number):
    if number == {polluter}:
        state.SEEN.add("x")
    if number == {victim}:
        assert not state.SEEN
"""


def write_suite(folder: Path, size: int, files: int = 20) -> None:
    """Write a suite of `size` tests below `folder`: the test at a third of it pollutes, the last is the victim."""
    (folder / "tests").mkdir(parents=True)
    (folder / "pytest.ini").write_text("[pytest]\ntestpaths = tests\n")
    (folder / "conftest.py").write_text("")
    (folder / "state.py").write_text("SEEN = set()\n")
    for number in range(files):
        start, stop = number * size // files, (number + 1) * size // files
        text = TEST.format(start=start, stop=stop, polluter=size // 3, victim=size - 1)
        (folder / "tests" / f"test_{number:02}.py").write_text(text)


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description="Measure the tool's own peak memory on a large suite.")
    parser.add_argument("--tests", type=int, default=10_000)
    parser.add_argument("--orders", default="default,reverse,shuffle:2")
    parser.add_argument("--limit", type=float, default=300.0, help="megabytes; exit 1 above it")
    parser.add_argument("extra", nargs="*", help="further options of `bisect-loop run`, after --")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="bisect-loop-memory-") as scratch:
        folder = Path(scratch)
        suite, peak_file, json_file = folder / "suite", folder / "peak", folder / "out.json"
        write_suite(suite, options.tests)
        run = ["run", "-C", str(suite), "--json", str(json_file), "--no-ci", "--orders", options.orders]
        started = time.perf_counter()
        done = subprocess.run(
            [sys.executable, "-c", CHILD, str(peak_file), *run, *options.extra],
            cwd=PROJECT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
        seconds = time.perf_counter() - started
        problems = []
        megabytes = int(peak_file.read_text()) / 1e6 if peak_file.exists() else float("inf")
        if megabytes > options.limit:
            problems.append(f"more than {options.limit:.0f} MB")
        if "Argument list too long" in done.stdout or "Traceback" in done.stdout:
            problems.append("an argument list was too long, or the tool broke")
        findings = json.loads(json_file.read_text())["findings"] if json_file.exists() else []
        if done.returncode != 1 or [len(finding["polluters"]) for finding in findings] != [1]:
            problems.append(f"exit status {done.returncode} and {len(findings)} findings instead of 1 and 1")
        if problems:
            print(done.stdout)
    print(f"{options.tests} tests: {megabytes:.0f} MB at the peak, {seconds:.1f} s")
    print("\n".join(problems) or "as promised")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
