"""Writes suites, runs the tool on each as a user would, and hands what it said to the referee."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path

from . import referee
from .truth import Truth
from .worlds import generate

PROJECT = Path(__file__).resolve().parent.parent.parent

DEFAULT_ORDERS = "default,reverse,shuffle:4"

OURS = (".bisect-loop",)
"""All that the tool may leave in the user's tree."""


@dataclass(frozen=True)
class Result:
    """What one suite came to. `complaints` is empty where the tool was right; `notes` are no faults."""

    seed: int
    kind: str
    seconds: float
    complaints: tuple[str, ...]
    notes: tuple[str, ...]
    output: str
    accused: tuple[str, ...] = ()


def command_for(truth: Truth, suite: Path, json_file: Path, order_file: Path, orders: str) -> list[str]:
    """Return the command line for the suite at `suite`, and write the order file where one is needed."""
    command = [
        sys.executable,
        "-m",
        "bisect_loop",
        "run",
        "-C",
        str(suite),
        "--json",
        str(json_file),
        "--no-ci",
        "--no-fixes",
    ]
    if truth.hand_over and truth.failing_order is not None:
        order_file.write_text("\n".join(json.dumps(nodeid) for nodeid in truth.failing_order), encoding="utf-8")
        command += ["--order", str(order_file)]
    else:
        command += ["--orders", truth.orders or orders]
    return [*command, *truth.options]


def run_world(
    seed: int,
    *,
    orders: str = DEFAULT_ORDERS,
    extra: Sequence[str] = (),
    keep: Path | None = None,
    limit: float = 600,
) -> Result:
    """Make the suite of `seed`, run the tool on it and compare.

    `keep` is a folder where the suite and the tool's output stay; `limit` is in seconds, after which the tool has
    failed.
    """
    world = generate(seed)
    folder = Path(tempfile.mkdtemp(prefix=f"world-{seed}-"))
    try:
        result = _run(seed, world.kind, folder, world.write(folder / "suite"), orders, extra, limit)
    finally:
        if keep is not None:
            shutil.copytree(folder, keep / f"{seed}-{world.kind}", dirs_exist_ok=True, symlinks=True)
        shutil.rmtree(folder, ignore_errors=True)
    return result


def _run(seed: int, kind: str, folder: Path, truth: Truth, orders: str, extra: Sequence[str], limit: float) -> Result:
    suite, json_file = folder / "suite", folder / "out.json"
    command = [*command_for(truth, suite, json_file, folder / "order.txt", orders), *extra]
    scratch = folder / "tmp"
    scratch.mkdir()
    before = _tree(suite)
    started = time.perf_counter()
    status, output = _call(command, scratch, limit, plugins=seed % 4 == 0)
    seconds = time.perf_counter() - started
    (folder / "output.txt").write_text(f"$ {' '.join(command)}\n{output}\nexit status {status}\n", "utf-8")
    complaints, notes, accused = [], [], []
    if status is None:
        complaints.append(f"not done after {limit:.0f} s")
    elif status not in truth.exit_codes:
        complaints.append(f"exit status {status} instead of {' or '.join(map(str, sorted(truth.exit_codes)))}")
    if "Traceback (most recent call last)" in output:
        complaints.append("a traceback in the output")
    if json_file.exists():
        result = json.loads(json_file.read_text("utf-8"))
        complaints += referee.complaints(truth, result)
        notes += referee.missed_roles(truth, result)
        accused = referee.false_accusations(truth, result)
    else:
        complaints.append("no JSON result was written")
    new = [path for path in _tree(suite) - before if path.split("/")[0] not in (*OURS, *truth.tree_changes)]
    if new:
        complaints.append(f"left in the user's tree: {sorted(new)[:5]}")
    if any(scratch.iterdir()):
        complaints.append(f"left among temporary files: {sorted(path.name for path in scratch.iterdir())[:5]}")
    complaints += [f"a process was left behind: {line}" for line in _left_behind(folder)]
    return Result(seed, kind, seconds, tuple(complaints), tuple(notes), output, tuple(accused))


def _call(command: Sequence[str], scratch: Path, limit: float, *, plugins: bool) -> tuple[int | None, str]:
    """Run `command` from the project's root, with `scratch` for temporary files.

    The tests have every plugin that is installed, or with `plugins` False pytest-asyncio alone, which starts faster.
    The status is None where it did not end within `limit` seconds.
    """
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("PYTEST_", "COV_CORE_"))}
    if not plugins:
        environment |= {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_PLUGINS": "pytest_asyncio.plugin"}
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, (str(PROJECT), os.environ.get("PYTHONPATH"))))
    environment["TMPDIR"] = str(scratch)
    process = subprocess.Popen(
        command,
        cwd=PROJECT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        output, _ = process.communicate(timeout=limit)
        return process.returncode, output.decode("utf-8", "replace")
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGINT)  # what it started has groups of its own, which only it can end
        try:
            output, _ = process.communicate(timeout=30)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            output, _ = process.communicate()
        return None, output.decode("utf-8", "replace")


def _tree(suite: Path) -> set[str]:
    return {path.relative_to(suite).as_posix() for path in suite.rglob("*")}


def _left_behind(folder: Path) -> Iterator[str]:
    """Yield the command lines of processes that still work in `folder` or name it (where /proc tells)."""
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            where = str((entry / "cwd").readlink())
            words = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
        except OSError:
            continue  # it ended meanwhile, or is another user's
        if (where.startswith(str(folder)) or str(folder) in words) and int(entry.name) != os.getpid():
            yield f"{entry.name}: {words.strip()[:200]}"


def run_many(
    seeds: Sequence[int], executor: Executor, *, orders: str, extra: Sequence[str], keep: Path | None
) -> Iterator[Result]:
    """Yield the result of each seed, in the order of `seeds`."""
    futures = [executor.submit(run_world, seed, orders=orders, extra=extra, keep=keep) for seed in seeds]
    for future in futures:
        yield future.result()
