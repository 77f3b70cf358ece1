"""Runs the real command line on a suite that misbehaves, and holds what must hold whatever the suite does."""

from __future__ import annotations

import hashlib
import json
import os
import select
import shutil
import subprocess
import textwrap
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bisect_loop.runner import guard
from tests.cli.conftest import Done, command_line, environ

# One order, one confirmation, no roles: for tests whose point lies elsewhere.
CHEAP = ("--orders", "reverse", "--confirm", "1", "--no-roles")

# The few seconds that a process which is being killed may need on a loaded machine.
_DYING_SECONDS = 30


def wait_until_gone(marker: str) -> list[int]:
    """The processes that carry `marker` and do not end by themselves; waits for those that are ending."""
    for pid in guard.carriers(marker):
        try:
            descriptor = os.pidfd_open(pid)
        except ProcessLookupError:
            continue
        try:
            select.select([descriptor], [], [], _DYING_SECONDS)
        finally:
            os.close(descriptor)
    return guard.carriers(marker)


def tree(root: Path) -> dict[str, str]:
    """Every path below `root` but the tool's own folder, with a digest of what it holds."""
    found = {}
    for path in sorted(root.rglob("*")):
        name = path.relative_to(root)
        if name.parts[0] != ".bisect-loop":
            found[str(name)] = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
    return found


@dataclass
class Wild:
    """A suite in `root`, and the command line run on it.

    `scratch` is a folder outside of the suite for what its tests share with the outside. The trials of a suite run
    with pytest's own plugins only, unless `plugins` is true: each plugin costs every start of pytest.
    """

    root: Path
    scratch: Path
    temporary: Path
    plugins: bool = False
    ini: str = ""
    marker: str = field(default_factory=lambda: f"wild-{uuid.uuid4().hex}")
    writes_into_the_tree: bool = False

    @classmethod
    def at(cls, folder: Path) -> Wild:
        """An empty suite, in folders below `folder` that are made here."""
        made = cls(root=folder / "suite", scratch=folder / "scratch", temporary=folder / "tmp")
        for each in (made.root, made.scratch, made.temporary):
            each.mkdir()
        return made

    def write(self, **sources: str) -> None:
        """Write tests/NAME.py for each keyword; `conftest` too."""
        folder = self.root / "tests"
        folder.mkdir(exist_ok=True)
        (self.root / "pytest.ini").write_text("[pytest]\n" + textwrap.dedent(self.ini))
        for name, source in sources.items():
            (folder / f"{name}.py").write_text(textwrap.dedent(source), encoding="utf-8")

    @property
    def environ(self) -> dict[str, str]:
        env = {**environ(), "BL_WILD_MARKER": self.marker, "TMPDIR": str(self.temporary), "SCRATCH": str(self.scratch)}
        if not self.plugins:
            env["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
        return env

    @property
    def result_file(self) -> Path:
        return self.scratch / "result.json"

    def command(self, *args: str) -> list[str]:
        return command_line("run", f"--json={self.result_file}", "--no-fixes", "tests", *args)

    def result(self) -> dict[str, Any]:
        return json.loads(self.result_file.read_text()) if self.result_file.exists() else {}

    def run(self, *args: str, env: dict[str, str] | None = None) -> Done:
        """`bisect-loop run tests ARGS`, and what must hold after each run."""
        before = tree(self.root)
        process = subprocess.run(
            self.command(*args),
            cwd=self.root,
            env={**self.environ, **(env or {})},
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
        )
        done = Done(process.returncode, process.stdout, process.stderr, self.result())
        self.check_manners(done.out + done.err)
        if not self.writes_into_the_tree:
            assert tree(self.root).items() ^ before.items() == set()
        return done

    def forget(self) -> None:
        """Remove what the tool has stored of this suite."""
        shutil.rmtree(self.root / ".bisect-loop")

    def check_manners(self, output: str) -> None:
        """No traceback of ours, no process left, no temporary file left."""
        assert "Traceback" not in output, output
        assert "bisect-loop: internal error" not in output, output
        assert not wait_until_gone(self.marker)
        assert [path.name for path in self.temporary.iterdir()] == []


def accused(result: dict[str, Any]) -> dict[str, set[str]]:
    """Victim -> everything that any of its findings holds against other tests, by their names without the file."""
    blame: dict[str, set[str]] = {}
    for found in result["findings"]:
        names = {*found["polluters"], *found["setters"], *found["import_polluters"]}
        names.update(name for group in found["other_polluting_sets"] for name in group)
        if names:
            blame.setdefault(short(found["victim"]), set()).update(short(name) for name in names)
    return blame


def short(nodeid: str) -> str:
    """A node id without its file."""
    return nodeid.partition("::")[2] or nodeid


def finding(result: dict[str, Any], victim: str) -> dict[str, Any]:
    """The one finding on `victim` (a name without its file)."""
    (found,) = [one for one in result["findings"] if short(one["victim"]) == victim]
    return found


def confirmed_pair(done: Done, polluter: str, victim: str) -> dict[str, Any]:
    """The only accusation of a run: `polluter` breaks `victim`, confirmed. Returns the finding."""
    assert accused(done.result) == {victim: {polluter}}, done.out
    found = finding(done.result, victim)
    assert (found["kind"], found["confirmed"]) == ("victim", True), done.out
    assert found["replay"]["ran"], done.out
    assert done.code == 1
    return found


def kinds(result: dict[str, Any]) -> dict[str, str]:
    """Victim -> kind, for each finding."""
    return {short(found["victim"]): found["kind"] for found in result["findings"]}


def innocents(count: int, body: str = "pass") -> str:
    """Source of `count` tests that harm nobody."""
    return f"import pytest\n@pytest.mark.parametrize('n', range({count}))\ndef test_innocent(n):\n    {body}\n"
