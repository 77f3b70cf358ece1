"""Which job to take, and which of its variants."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass

from bisect_loop.conditions.ci.facts import CiError, Job, PytestCommand, Source, Variant

_KIND_ORDER = {"github": 0, "gitlab": 1, "compose": 2}
_TESTS = re.compile(r"(?:^|[^a-z])(?:py|unit)?tests?(?![a-z])|testing")
_OTHER_PURPOSE = re.compile(r"lint|type|mypy|docs?\b|build|bench|release|deploy|publish|format|style|wheel|fuzz")


@dataclass(frozen=True, slots=True)
class Choice:
    """The job taken; `why` is one sentence for people; `others` are the jobs that could be taken as well."""

    job: Job
    why: str
    others: tuple[Job, ...] = ()


def choose(jobs: Sequence[Job], wanted: str | None = None) -> Choice:
    """Take the job that runs the tests: the one named `wanted`, else the most telling of those that run pytest.

    Preferred, in this order: a command that can be run as it stands, a job with services, "test" in its name, no
    condition of its own, a GitHub workflow, and then the order of the files. CiError where there is none.
    """
    if wanted is not None:
        job = named(jobs, wanted)
        return Choice(job, f'job "{job.name}" at {job.source}, as asked for.')
    candidates = [job for job in jobs if job.commands]
    kind = "runs pytest"
    if not candidates:
        candidates = [job for job in jobs if _may_test(job)]
        kind = "may run the tests, though the files do not say how"
    if not candidates:
        where = ", ".join(sorted({job.file for job in jobs})) or "the CI files"
        raise CiError(f"No job in {where} runs pytest: name one with --ci FILE:JOB, or leave CI out with --no-ci.")
    ranked = sorted(candidates, key=_rank)
    job, others = ranked[0], tuple(ranked[1:])
    if not others:
        return Choice(job, f'job "{job.name}" at {job.source}, the only one that {kind}.')
    names = ", ".join(f'"{other.name}" at {other.source}' for other in others[:3])
    names += ", ..." if len(others) > 3 else ""
    reason = _reason(job, others[0])
    return Choice(job, f'job "{job.name}" at {job.source}, {reason}; {names} could be taken as well.', others)


def named(jobs: Sequence[Job], wanted: str) -> Job:
    """Return the job with that name or title. CiError with the nearest name where there is none."""
    found = [job for job in jobs if job.name == wanted] or [job for job in jobs if job.title == wanted]
    if found:
        return min(found, key=_rank)
    names = sorted({job.name for job in jobs})
    near = difflib.get_close_matches(wanted, names, n=1)
    mend = f"did you mean {near[0]!r}?" if near else f"take one of {', '.join(map(repr, names))}."
    where = jobs[0].source if jobs else "the CI files"
    raise CiError(f"{where}: there is no job {wanted!r} here; {mend}")


def choose_variant(job: Job, python: str = "", system: str = "linux") -> tuple[Variant, str]:
    """Take the variant that is most like this machine; `python` is "3.11", `system` as `sys.platform` says it.

    Returns it with one sentence that says why. The first one counts where several are alike.
    """
    if len(job.variants) == 1:
        return job.variants[0], "the job has no matrix."

    def likeness(variant: Variant) -> tuple[bool, bool, bool]:
        return (not _same_system(variant, system), not _same_python(variant, python), not variant.commands)

    variant = min(job.variants, key=likeness)
    alike = [
        text
        for text, fits in (("system", _same_system(variant, system)), ("Python", _same_python(variant, python)))
        if fits
    ]
    same = f"it has this machine's {' and '.join(alike)}" if alike else "it is the first"
    return variant, f"variant {variant.label or 'without values'} of {len(job.variants)}: {same}."


def _rank(job: Job) -> tuple[bool, bool, bool, bool, bool, int, Source]:
    name = f"{job.name} {job.title}".lower()
    return (
        not any(_runnable(command) for command in job.commands),
        not job.services,
        not _TESTS.search(name),
        bool(_OTHER_PURPOSE.search(name)),
        bool(job.condition),
        _KIND_ORDER[job.kind],
        job.source,
    )


def _runnable(command: PytestCommand) -> bool:
    return not command.unresolved and not command.condition


def _may_test(job: Job) -> bool:
    return bool(job.unresolved) or (job.kind == "compose" and bool(job.services))


def _reason(job: Job, other: Job) -> str:
    if any(map(_runnable, job.commands)) and not any(map(_runnable, other.commands)):
        return "because its command can be run as it stands"
    if job.services and not other.services:
        return f"because it has services ({', '.join(service.name for service in job.services)})"
    if _TESTS.search(job.name.lower()) and not _TESTS.search(other.name.lower()):
        return 'because "test" is in its name'
    return "the first of those that do"


def _same_system(variant: Variant, system: str) -> bool:
    text = f"{variant.runs_on} {variant.label}".lower()
    windows, mac = "windows" in text, "macos" in text
    return {"win32": windows, "darwin": mac}.get(system, not windows and not mac)


def _same_python(variant: Variant, python: str) -> bool:
    if not python:
        return False
    spellings = (python, f"py{python.replace('.', '')}", f"python{python}", f"cp{python.replace('.', '')}")
    words = {word for _, value in variant.matrix for word in re.split(r"[\s,:_-]+", value)}
    return any(spelling in words for spelling in spellings)
