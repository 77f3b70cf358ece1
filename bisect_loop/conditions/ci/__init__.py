"""What "like CI" means, read from where it already stands: workflows, GitLab files, compose files.

    files = discover(root)                 the CI files of the repository
    jobs = [job for file in files for job in read(file.path)]
    choice = choose(jobs)                  the job that runs pytest, and why this one

Every value comes with the file and line that says it. What the files leave open (an expression that only a run
knows, a secret, a program that is not read) is shown as it is written and never guessed.
"""

from __future__ import annotations

from pathlib import Path

from bisect_loop.conditions.ci.compose import read_compose
from bisect_loop.conditions.ci.facts import (
    CiError,
    CiFile,
    EnvEntry,
    Health,
    Job,
    Kind,
    Port,
    PytestCommand,
    Service,
    Source,
    Unresolved,
    Variant,
)
from bisect_loop.conditions.ci.features import Features
from bisect_loop.conditions.ci.files import Files
from bisect_loop.conditions.ci.github import read_workflow
from bisect_loop.conditions.ci.gitlab import read_pipeline
from bisect_loop.conditions.ci.pick import Choice, choose, choose_variant, named

_WORKFLOWS = ".github/workflows"
_GITLAB = (".gitlab-ci.yml", ".gitlab-ci.yaml")
_COMPOSE = ("compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml")
_READERS = {"github": read_workflow, "gitlab": read_pipeline, "compose": read_compose}


def discover(root: Path) -> list[CiFile]:
    """Return the CI files of the repository that `root` is in: workflows first, then GitLab's, then compose files.

    The compose file beside `root` counts, too, where `root` is a directory inside the repository.
    """
    top = repository_of(root)
    workflows = top / _WORKFLOWS
    paths: list[tuple[Path, Kind]] = [
        (path, "github") for path in sorted(workflows.glob("*")) if path.suffix in (".yml", ".yaml")
    ]
    paths += [(top / name, "gitlab") for name in _GITLAB]
    paths += [(place / name, "compose") for place in dict.fromkeys((root.resolve(), top)) for name in _COMPOSE]
    return [CiFile(path, kind, top) for path, kind in paths if path.is_file()]


def read(path: Path, job: str | None = None) -> list[Job]:
    """Return the jobs of one CI file, only the one named `job` where that is given.

    CiError, one sentence with file, line and mend, where the file is missing, broken, no CI file, or has no such
    job. A workflow is known by its directory or its content, the others by their names.
    """
    if not path.is_file():
        raise CiError(f"{path}: there is no such file; name one that is there.")
    path = path.resolve()
    top = repository_of(path.parent)
    files = Files(top)
    shown = path.relative_to(top).as_posix()
    if files.text(shown) is None:
        raise CiError(f"{shown}: this is not a text file of a CI system; name another one.")
    jobs = _READERS[_kind(path, files.text(shown) or "")](files, shown)
    return jobs if job is None else [named(jobs, job)]


def split_target(target: str) -> tuple[Path, str | None]:
    """Split "FILE[:JOB]". A colon that belongs to an existing file's name stays with it."""
    if Path(target).is_file() or ":" not in target:
        return Path(target), None
    head, colon, tail = target.rpartition(":")
    while colon and not Path(head).is_file() and ":" in head:
        head, _, more = head.rpartition(":")
        tail = f"{more}:{tail}"
    return Path(head), tail or None


def repository_of(directory: Path) -> Path:
    """Return the root of the repository that `directory` is in, the directory itself outside of any.

    A project with workflows of its own is one as well, also where it lies in another repository: an example, a
    subtree. There its workflows say how it is tested, though only those at the top are ever run.
    """
    directory = directory.resolve()
    for place in (directory, *directory.parents):
        if (place / ".git").exists() or (place / _WORKFLOWS).is_dir():
            return place
    return directory


def _kind(path: Path, text: str) -> Kind:
    if path.parent.parts[-2:] == (".github", "workflows"):
        return "github"
    if "gitlab-ci" in path.name:
        return "gitlab"
    if "compose" in path.name:
        return "compose"
    lines = text.splitlines()
    if any(line.startswith("services:") for line in lines) and not any(line.startswith("jobs:") for line in lines):
        return "compose"
    return "github"


__all__ = [
    "Choice",
    "CiError",
    "CiFile",
    "EnvEntry",
    "Features",
    "Health",
    "Job",
    "Port",
    "PytestCommand",
    "Service",
    "Source",
    "Unresolved",
    "Variant",
    "choose",
    "choose_variant",
    "discover",
    "read",
    "repository_of",
    "split_target",
]
