"""Times bisect-loop and its peers side by side on the same suites: `python benchmarks/peers.py`.

See README.md in this folder for what is measured.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import environment
from suites import Suite, make

OURS = "bisect-loop, pair"
POSITIONS = (0.37, 0.81, 0.12, 0.55, 0.93)
"""Where the polluter stands in each round's suite: a bisection may be lucky with one place."""

PROMISES = {"1000": 5.0, "5000": 6.0, "heavy-200": 4.0}
"""How many times faster than detect-test-pollution this tool has to be, by suite (`--check`)."""

LIMIT = 900.0
"""Seconds after which a tool is given up."""


@dataclass(frozen=True)
class Tool:
    """A tool, its command line for a suite, and how to read the polluter from what it printed or wrote."""

    name: str
    command: Callable[[Path, Suite], list[str]]
    answer: Callable[[Suite, str], str | None]


@dataclass
class Row:
    """One tool on one suite: for each round, seconds of wall time and of processor time, and whether it was right."""

    tool: str
    seconds: list[float] = field(default_factory=list)
    cpu_seconds: list[float] = field(default_factory=list)
    right: list[bool] = field(default_factory=list)

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)


def _ours(*options: str) -> Callable[[Path, Suite], list[str]]:
    def command(python: Path, suite: Suite) -> list[str]:
        base = [str(python), "-m", "bisect_loop", "run", "-C", str(suite.path), "--no-ci", "--confirm", "1"]
        given = ["--order", str(suite.order_file), "--victim", suite.victim, "--json", str(_json_file(suite))]
        return [*base, *given, *options]

    return command


def _json_file(suite: Suite) -> Path:
    return suite.path.parent / f"{suite.name}.json"


def _our_answer(suite: Suite, output: str) -> str | None:
    del output
    try:
        findings = json.loads(_json_file(suite).read_text())["findings"]
    except OSError:
        return None
    sets = [finding["polluters"] for finding in findings if finding["confirmed"]]
    return sets[0][0] if len(sets) == 1 and len(sets[0]) == 1 else None


def _detect(python: Path, suite: Suite) -> list[str]:
    tool = str(python.with_name("detect-test-pollution"))
    return [tool, "--failing-test", suite.victim, "--testids-file", str(suite.order_file)]


def _detect_answer(suite: Suite, output: str) -> str | None:
    del suite
    found = re.search(r"the polluting test is: (\S+)", output)
    return found.group(1) if found else None


def _find_dependencies(python: Path, suite: Suite) -> list[str]:
    del suite
    return [str(python), "-m", "pytest", "--find-dependencies"]


def _find_dependencies_answer(suite: Suite, output: str) -> str | None:
    found = re.search(r"(\S+) depends on (\S+)", output)
    if not found:
        return None
    names = {nodeid.rpartition("::")[2]: nodeid for nodeid in suite.order}
    victim, polluter = (names.get(name.rpartition("::")[2], name) for name in found.groups())
    return polluter if victim == suite.victim else None


TOOLS = (
    Tool("detect-test-pollution", _detect, _detect_answer),
    Tool("pytest-find-dependencies", _find_dependencies, _find_dependencies_answer),
    Tool(OURS, _ours("--no-roles", "--no-fixes"), _our_answer),
    Tool("bisect-loop, with roles", _ours(), _our_answer),
)


def time_once(tool: Tool, python: Path, suite: Suite, row: Row, verbose: bool) -> None:
    """Run `tool` once, from a state in which it knows nothing of earlier runs, and add what was seen to `row`."""
    shutil.rmtree(suite.path / ".bisect-loop", ignore_errors=True)
    _json_file(suite).unlink(missing_ok=True)
    clean = {key: value for key, value in os.environ.items() if not key.startswith("PYTEST_")}
    used, started = _cpu_seconds(), time.perf_counter()
    try:
        done = subprocess.run(
            tool.command(python, suite),
            cwd=suite.path,
            env=clean,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=LIMIT,
        )
        output = done.stdout
    except subprocess.TimeoutExpired:
        output = ""
    row.seconds.append(time.perf_counter() - started)
    row.cpu_seconds.append(_cpu_seconds() - used)
    right = tool.answer(suite, output) == suite.polluter
    row.right.append(right)
    if verbose or not right:
        print(f"--- {tool.name} on {suite.name}: {'right' if right else 'WRONG'}\n{output[-2000:]}", file=sys.stderr)


def _cpu_seconds() -> float:
    """Processor time of all processes that were started here, or below those, and have ended."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def warm_up(python: Path, suite: Suite) -> None:
    """Run the suite once with plain pytest, so that every tool meets the same compiled files."""
    command = [str(python), "-m", "pytest", "-q", "-p", "no:find_dependencies"]
    done = subprocess.run(command, cwd=suite.path, capture_output=True, text=True)
    if "1 failed" not in done.stdout:
        raise SystemExit(f"the suite {suite.name} does not do what it should:\n{done.stdout[-3000:]}")


def measure(options: argparse.Namespace, python: Path, folder: Path) -> dict[str, list[Row]]:
    """Return the rows of each suite. Within a round the tools take turns; each round has a polluter elsewhere."""
    plans = [(str(size), size, 0.0) for size in options.sizes]
    if options.heavy:
        plans.append(("heavy-200", 200, options.import_seconds))
    tools = [tool for tool in TOOLS if not options.tools or any(part in tool.name for part in options.tools)]
    rows = {name: [Row(tool.name) for tool in tools] for name, _, _ in plans}
    for turn in range(options.rounds):
        position = POSITIONS[turn % len(POSITIONS)]
        for name, size, imports in plans:
            suite = make(folder, f"{name}-round{turn}", size, position, busy=options.busy, import_seconds=imports)
            warm_up(python, suite)
            for tool, row in zip(tools, rows[name], strict=True):
                time_once(tool, python, suite, row, options.verbose)
                print(f"round {turn + 1}, {name}, {tool.name}: {row.seconds[-1]:.2f} s", file=sys.stderr)
            shutil.rmtree(suite.path)
    return rows


def real_import_seconds(python: Path, folder: Path) -> float:
    """How long the heavy suite's real imports take here, without what is added to them."""
    suite = make(folder, "imports", 20, 0.5, import_seconds=0.001)
    code = "import conftest; print(conftest.REAL_IMPORT_SECONDS)"
    taken = [
        float(subprocess.run([python, "-c", code], cwd=suite.path, check=True, capture_output=True).stdout)
        for _ in range(4)
    ]
    return statistics.median(taken[1:])


def table(rows: dict[str, list[Row]]) -> str:
    lines = [
        "| suite | tool | median s | min - max s | median CPU s | right | times ours |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, group in rows.items():
        ours = next((row.median for row in group if row.tool == OURS), None)
        for row in group:
            span = f"{min(row.seconds):.2f} - {max(row.seconds):.2f}"
            right = f"{sum(row.right)}/{len(row.right)}"
            ratio = f"{row.median / ours:.1f}" if ours else ""
            cpu = statistics.median(row.cpu_seconds)
            lines.append(f"| {name} | {row.tool} | {row.median:.2f} | {span} | {cpu:.2f} | {right} | {ratio} |")
    return "\n".join(lines)


def broken_promises(rows: dict[str, list[Row]]) -> list[str]:
    """One line for each suite on which this tool was wrong or not as much faster as promised."""
    broken = []
    for name, group in rows.items():
        by_tool = {row.tool: row for row in group}
        ours, theirs = by_tool.get(OURS), by_tool.get("detect-test-pollution")
        broken += [f"{name}: {row.tool} was wrong" for row in group if "bisect" in row.tool and not all(row.right)]
        if ours and theirs and name in PROMISES and theirs.median / ours.median < PROMISES[name]:
            broken.append(f"{name}: {theirs.median / ours.median:.1f} times, promised {PROMISES[name]:.0f}")
    return broken


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Time bisect-loop and its peers side by side.")
    parser.add_argument("--sizes", type=lambda text: [int(part) for part in text.split(",")], default=[200, 1000, 5000])
    parser.add_argument("--heavy", action="store_true", help="also 200 tests with a heavy import")
    parser.add_argument("--import-seconds", type=float, default=1.5, help="what the heavy import takes at least")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--busy", action="store_true", help="tests that compute for 1 ms instead of sleeping")
    parser.add_argument("--tools", nargs="+", metavar="PART", help="only tools whose names hold one of these")
    parser.add_argument("--venv", type=Path, default=environment.default_folder(), help="default: %(default)s")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write what was measured here, too")
    parser.add_argument("--check", action="store_true", help="exit 1 where a promised ratio is not kept")
    parser.add_argument("--verbose", action="store_true", help="show what the tools print")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str]) -> int:
    options = parse(arguments)
    python = environment.prepare(options.venv)
    facts: dict[str, Any] = {"cpus": os.cpu_count(), **environment.versions(python)}
    with tempfile.TemporaryDirectory(prefix="bisect-loop-benchmark-") as folder:
        if options.heavy:
            facts["real_import_seconds"] = round(real_import_seconds(python, Path(folder)), 2)
            facts["import_seconds"] = max(options.import_seconds, facts["real_import_seconds"])
        rows = measure(options, python, Path(folder))
    print(", ".join(f"{name} {value}" for name, value in facts.items()) + "\n")
    print(table(rows))
    if options.json:
        suites = {name: [{**vars(row), "median": row.median} for row in group] for name, group in rows.items()}
        options.json.write_text(json.dumps({**facts, "busy": options.busy, "suites": suites}, indent=2) + "\n")
    broken = broken_promises(rows)
    print(
        "\n" + ("\n".join(broken) if broken else "right everywhere, and as much faster as promised wherever measured")
    )
    return 1 if broken and options.check else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
