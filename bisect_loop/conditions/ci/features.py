"""Coverage and parallelism, read out of pytest's arguments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

_DIST_MODES = ("each", "load", "loadscope", "loadfile", "loadgroup", "worksteal", "no")
_COV_WITH_VALUE = ("--cov-report", "--cov-config", "--cov-fail-under", "--cov-context", "--cov-precision")
_XDIST = ("-n", "--numprocesses", "--dist", "--tx")


@dataclass(frozen=True, slots=True)
class Features:
    """What pytest's arguments turn on.

    `coverage` holds pytest-cov's arguments, or ("coverage", "run", ...) where coverage runs pytest; it is empty
    where nothing measures coverage. `workers` is xdist's count as written ("4", "auto", "logical"), None without
    xdist; `dist` its mode, None without xdist.
    """

    coverage: tuple[str, ...] = ()
    workers: str | None = None
    dist: str | None = None


def features_of(
    args: Sequence[str], addopts: Sequence[str] = (), coverage_run: Sequence[str] | None = None
) -> Features:
    """Return what `args`, after the configuration's `addopts`, turn on; a later argument wins."""
    every = [*addopts, *args]
    coverage = _pytest_cov(every)
    if coverage_run is not None:
        coverage = ("coverage", "run", *coverage_run)
    workers, dist = _xdist(every)
    return Features(coverage, workers, dist)


def _pytest_cov(args: Sequence[str]) -> tuple[str, ...]:
    found: list[str] = []
    measures = False
    pending = list(args)
    while pending:
        arg = pending.pop(0)
        if arg == "--no-cov":
            return ()
        if arg == "--":
            break
        if arg == "--cov" or arg.startswith(("--cov=", "--cov-")):
            found.append(arg)
            measures = measures or not arg.startswith("--cov-")
            # "--cov" takes the next word where that is no option: argparse's nargs="?".
            if arg in ("--cov", *_COV_WITH_VALUE) and pending and not pending[0].startswith("-"):
                found.append(pending.pop(0))
    return tuple(found) if measures else ()


def _xdist(args: Sequence[str]) -> tuple[str | None, str | None]:
    workers: str | None = None
    dist: str | None = None
    pending = list(args)
    while pending:
        arg = pending.pop(0)
        name, equals, value = arg.partition("=")
        if arg == "--":
            break
        if arg == "-d":
            dist = dist or "load"
            continue
        if arg.startswith("-n") and len(arg) > 2:
            name, value = "-n", arg[2:].lstrip("=")
        elif name in _XDIST and not equals:
            value = pending.pop(0) if pending else ""
        if name in ("-n", "--numprocesses"):
            workers = value or workers
        elif name == "--dist" and value in _DIST_MODES:
            dist = value
        elif name == "--tx":
            times, star, _ = value.partition("*")
            before = int(workers) if workers and workers.isdigit() else 0
            workers = str(before + (int(times) if star and times.isdigit() else 1))
    if workers in (None, "0") or dist == "no":
        return None, None
    return workers, dist or "load"
