"""Runs the tool on suites as a user would."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.xdist import suites
from tests.xdist.generated import World, generate

# Which worker gets which test hangs on timing: so often a failure may fail to be there to be recorded.
_RECORDINGS = 4


@dataclass(frozen=True)
class Done:
    """What a command left: exit code, all it printed, and its JSON result."""

    code: int
    out: str
    result: dict[str, Any]


def run(root: Path, *args: str) -> Done:
    """`bisect-loop run ARGS` in `root`."""
    file = root.parent / f"{root.name}.json"
    file.unlink(missing_ok=True)
    words = [sys.executable, "-m", "bisect_loop", "run", "--no-ci", f"--json={file}", *args]
    done = subprocess.run(words, cwd=root, env=suites.environ(), capture_output=True, text=True)
    assert "Traceback" not in done.stderr, done.stderr
    return Done(done.returncode, done.stdout + done.stderr, json.loads(file.read_text()) if file.exists() else {})


def plain(root: Path, command: str) -> int:
    """The exit code of a printed command."""
    return subprocess.run(command, shell=True, cwd=root, env=suites.environ(), capture_output=True).returncode


@dataclass(frozen=True)
class Seen:
    """What the tool said of a generated suite. `complaints` is empty where it was right."""

    world: World
    complaints: tuple[str, ...]


def run_world(seed: int, folder: Path, python: str = sys.executable) -> Seen:
    """Record a failing xdist run of the suite of `seed`, let the tool narrow it, and compare with the truth.

    `python` runs the suite, and the tool as ever its own interpreter.
    """
    world = generate(seed)
    root = suites.write(folder / "suite", world.files)
    for _ in range(_RECORDINGS):
        done = run(root, "--orders", f"xdist:2:{world.dist}", "--confirm", "1", "--no-roles", "--python", python)
        if world.victim in done.result["orders_tried"][0]["failed"]:
            return Seen(world, tuple(_complaints(world, root, done)))
    return Seen(world, (f"the pair did not meet in {_RECORDINGS} runs",))


def _complaints(world: World, root: Path, done: Done) -> list[str]:
    found = done.result["findings"]
    if len(found) != 1 or not found[0]["confirmed"]:
        return [f"not one confirmed finding: {done.out}"]
    one = found[0]
    complaints = []
    if (one["kind"], one["minimal_order"]) != ("victim", [world.polluter, world.victim]):
        complaints.append(f"{one['kind']}: {one['minimal_order']}")
    if (one["worker"] is not None) != world.as_worker:
        complaints.append(f"worker {one['worker']}")
    if done.code != 1:
        complaints.append(f"exit code {done.code}")
    if plain(root, one["replay"]["command"]) != 1:
        complaints.append(f"the printed command shows nothing: {one['replay']['command']}")
    return complaints
