"""Plain pytest as the judge of the generator: one process for each order, and nothing of the tool in it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from .model import CRASH, HANG, Error, Seen

PLUGIN = '''
"""Keeps and orders items as ORACLE_ORDER says, and notes what each shows, a line of JSON at a time."""

import json
import os

import pytest

ORDER = json.loads(os.environ["ORACLE_ORDER"])
OUT = open(os.environ["ORACLE_OUT"], "a", encoding="utf-8")
dumps = json.JSONEncoder().encode


def note(**record):
    OUT.write(dumps(record) + "\\n")
    OUT.flush()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items):
    note(kind="collected", ids=[item.nodeid for item in items])
    if ORDER is not None:
        by_id = {item.nodeid: item for item in items}
        items[:] = [by_id[nodeid] for nodeid in ORDER]


def pytest_runtest_logstart(nodeid):
    note(kind="start", nodeid=nodeid)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    error = call.excinfo.typename if report.failed else None
    note(kind="phase", nodeid=item.nodeid, when=report.when, outcome=report.outcome, error=error)
    return report
'''


@dataclass(frozen=True)
class Observed:
    """What one process showed: the ids in pytest's own order, and each test's result in the order of running."""

    collected: tuple[str, ...]
    seen: Mapping[str, Seen]


def observe(
    suite: Path,
    order: Sequence[str] | None = None,
    files: Sequence[str] = (),
    python: str = sys.executable,
    silence: float = 3.0,
) -> Observed:
    """Run `order` (None: pytest's own) in the suite at `suite` with plain pytest and return what it showed.

    `files` limits collection. A process in which nothing happens for `silence` seconds is killed: the test that it
    was in hangs. Raises RuntimeError, with pytest's output, when nothing was collected.
    """
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        (folder / "order_oracle.py").write_text(PLUGIN, encoding="utf-8")
        out, printed = folder / "out.jsonl", folder / "printed.txt"
        out.touch()
        temporary = folder / "tmp"
        temporary.mkdir()
        environment = {
            **os.environ,
            "ORACLE_ORDER": json.dumps(None if order is None else list(order)),
            "ORACLE_OUT": str(out),
            "PYTHONPATH": str(folder),
            "TMPDIR": str(temporary),
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        }
        environment.pop("PYTEST_ADDOPTS", None)
        command = [python, "-m", "pytest", "-q", "-p", "order_oracle", "-p", "no:cacheprovider"]
        if "pytest.mark.asyncio" in "".join(file.read_text("utf-8") for file in suite.rglob("*.py")):
            command += ["-p", "pytest_asyncio.plugin"]
        with printed.open("wb") as stream:
            process = subprocess.Popen(
                [*command, "--", *files],
                cwd=suite,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            fell_silent = _wait(process, out, silence)
        return _read(out.read_text("utf-8"), fell_silent, printed.read_text("utf-8", "replace"))


def _wait(process: subprocess.Popen[bytes], out: Path, silence: float) -> bool:
    """Wait for the end of `process`; kill it, and return True, when `out` has not grown for `silence` seconds.

    The time before the first record, in which pytest starts and imports, is allowed to be five times as long.
    """
    size, since = 0, time.monotonic()
    while True:
        try:
            process.wait(timeout=0.05)
            return False
        except subprocess.TimeoutExpired:
            pass
        now, grown = time.monotonic(), out.stat().st_size
        if grown > size:
            size, since = grown, now
        elif now - since > (silence if size else 5 * silence):
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            return True


def _read(lines: str, fell_silent: bool, text: str) -> Observed:
    records = [json.loads(line) for line in lines.splitlines()]
    collected = next((record["ids"] for record in records if record["kind"] == "collected"), None)
    if collected is None:
        raise RuntimeError(f"pytest collected nothing:\n{text}")
    seen: dict[str, Seen] = {}
    ended: set[str] = set()
    for record in records:
        if record["kind"] == "start":
            seen[record["nodeid"]] = Seen("failed", Error(HANG if fell_silent else CRASH))
        elif record["kind"] == "phase":
            name, outcome, when = record["nodeid"], record["outcome"], record["when"]
            if outcome == "failed" and (name not in ended or seen[name].error is None):
                seen[name] = Seen("failed", Error(record["error"], when))
                ended.add(name)
            elif outcome == "skipped" and name not in ended:
                seen[name] = Seen("skipped")
                ended.add(name)
            elif when == "teardown" and name not in ended:
                seen[name] = Seen("passed")
    return Observed(tuple(collected), seen)
