"""Suites with one true pair, made to meet in one worker of pytest-xdist: five modes, four ways of meeting each."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import get_args

from bisect_loop.model import Dist

MODES: tuple[Dist, ...] = get_args(Dist)
KINDS = ("plain", "by variable", "by fixture", "cleaner elsewhere")
COUNT = len(MODES) * len(KINDS)

_WORDS = (
    "parcel",
    "ledger",
    "beacon",
    "quarry",
    "lantern",
    "meadow",
    "harbour",
    "thicket",
    "ember",
    "copper",
    "saddle",
)


@dataclass(frozen=True)
class World:
    """A suite as files, and the truth about it: `victim` fails after `polluter` in the same worker.

    `as_worker` says that it does so only in a process that is a worker; `serial` that the default order shows it.
    """

    files: dict[str, str]
    dist: Dist
    kind: str
    polluter: str
    victim: str

    @property
    def as_worker(self) -> bool:
        return self.kind.startswith("by ")


def generate(seed: int) -> World:
    """The suite of `seed`; seeds 0 to COUNT - 1 have each mode in each way once."""
    rng = random.Random(seed)
    dist, kind = MODES[seed % len(MODES)], KINDS[seed // len(MODES) % len(KINDS)]
    names = rng.sample(_WORDS, 6)
    module, store = names[0], f"store_{names[1]}"
    # Lanes are sure at their head only: load gives each worker a few tests in a row first. Groups hold where xdist can
    # write them behind an id. pytest 9.2 makes the id anew each time it is asked for, so there xdist 3.8 writes in
    # vain, and loadgroup gives each worker every second test.
    gap = {"load": rng.randint(1, 3), "loadgroup": 1, "worksteal": rng.randint(4, 10)}.get(dist, rng.randint(5, 20))
    if kind == "cleaner elsewhere" and dist != "loadgroup":
        kind = "plain"  # only groups put tests of one worker around a test of another
    lines = [f"import {store}, os, pytest", ""]
    lines += ["WORKER = os.environ.get('PYTEST_XDIST_WORKER')" if kind == "by variable" else "", ""]
    mark = "@pytest.mark.xdist_group('pair')\n" if dist == "loadgroup" else ""
    polluter, victim = f"test_{names[2]}_is_kept", f"test_{names[3]}_starts_empty"
    body = {
        "by variable": f"    if WORKER:\n        {store}.KEPT.append(1)",
        "by fixture": f"    if worker_id != 'master':\n        {store}.KEPT.append(1)",
    }.get(kind, f"    {store}.KEPT.append(1)")
    argument = "worker_id" if kind == "by fixture" else ""
    between = [f"{mark}def test_{names[4]}_{index}(): assert {index} + 1 == {index + 1}" for index in range(gap)]
    if kind == "cleaner elsewhere":
        between = [f"def test_{names[5]}_is_cleared():\n    {store}.KEPT.clear()"]
    tests = [
        f"{mark}def {polluter}({argument}):\n{body}",
        *between,
        f"{mark}def {victim}():\n    assert not {store}.KEPT",
    ]
    files = {f"{store}.py": "KEPT = []\n", f"test_{module}.py": "\n".join(lines) + "\n\n".join(tests) + "\n"}
    for number in range(rng.randint(6, 7)):
        size = rng.randint(7, 9)
        innocent = "\n".join(f"def test_{rng.choice(_WORDS)}_{index}(): assert True" for index in range(size))
        # Behind the pair's module, which every mode deals out first.
        files[f"test_{module}_{rng.choice(_WORDS)}_{number}.py"] = innocent + "\n"
    return World(files, dist, kind, f"test_{module}.py::{polluter}", f"test_{module}.py::{victim}")
