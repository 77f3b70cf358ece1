"""What a CI job sets, apart from the many modules that read it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from bisect_loop import model


@dataclass(frozen=True, slots=True)
class Gathered:
    """What a CI job sets. `sources` says in a line each what came from where, `notes` what was left out and why.

    `args` is empty where the job's pytest command cannot be run as it is. `coverage` is how the job measures it,
    pytest-cov's arguments or "coverage run ..."; `workers` and `dist` are pytest-xdist's, "" where it is not used.
    `places` says where a variable, a service or the command was read: ("REDIS_URL", ".github/workflows/ci.yml:14").
    """

    env: tuple[tuple[str, str], ...] = ()
    services: tuple[model.Service, ...] = ()
    args: tuple[str, ...] = ()
    invocation: Literal["pytest", "python -m pytest"] = "pytest"
    directory: Path | None = None
    coverage: tuple[str, ...] = ()
    workers: str = ""
    dist: str = "load"
    places: tuple[tuple[str, str], ...] = ()
    sources: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
