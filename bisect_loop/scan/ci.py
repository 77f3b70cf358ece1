"""Which environment variables the project's CI sets, and where."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from bisect_loop.conditions.ci import CiError, Job, discover, read, split_target
from bisect_loop.scan.settings import SettingsError


def ci_environment(root: Path, target: str | None = None) -> dict[str, str] | None:
    """Return variable -> "file:line" over the jobs that run pytest, or over all jobs where none is seen to.

    `target` names one file, or one job of it, as "FILE[:JOB]"; otherwise the CI files of the repository that `root` is
    in are read, and one that is broken counts as absent. None where there is no CI to read.

    Raises SettingsError where `target` cannot be read.
    """
    jobs: list[Job] = []
    if target is not None:
        try:
            jobs = read(*split_target(target))
        except CiError as error:
            raise SettingsError(str(error)) from error
    else:
        for file in discover(root):
            if file.kind != "compose":
                jobs += _readable(file.path)
    if not jobs:
        return None
    return _variables([job for job in jobs if job.commands] or jobs)


def _readable(path: Path) -> list[Job]:
    try:
        return read(path)
    except CiError:
        return []  # whoever runs CI is told by CI itself


def _variables(jobs: Iterable[Job]) -> dict[str, str]:
    found: dict[str, str] = {}
    for job in jobs:
        for variant in job.variants:
            for entry in variant.env:
                # What the CI system sets by itself, and what only a container sees, gates no wire-up.
                if entry.level not in ("default", "service"):
                    found.setdefault(entry.name, str(entry.source))
    return found
