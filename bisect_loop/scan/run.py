"""Runs a scan: reads the files, builds the project, asks the rules."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from bisect_loop.scan.files import python_files, read_source, real, relative_to
from bisect_loop.scan.flow import Flow
from bisect_loop.scan.guards import Guards
from bisect_loop.scan.model import Place, ScanError, ScanFinding, ScanReport
from bisect_loop.scan.modules import Modules
from bisect_loop.scan.noqa import is_suppressed
from bisect_loop.scan.project import Project
from bisect_loop.scan.reach import Reachability
from bisect_loop.scan.rules import Rule, View, chosen
from bisect_loop.scan.settings import (
    PytestOptions,
    ScanConfig,
    SettingsError,
    read_pytest_options,
    read_scan_config,
)
from bisect_loop.scan.suite import Suite
from bisect_loop.scan.wireups import find_sites


def scan(
    paths: Sequence[Path | str],
    root: Path | str,
    *,
    config: ScanConfig | None = None,
    ci_env: Mapping[str, str] | None = None,
) -> ScanReport:
    """Scan a project without running any of it.

    The whole tree below `root` is read, because a wire-up and the tests that reach it seldom share a file; what is
    reported lies in `paths` (files or directories, relative ones from the working directory), or in the project's
    configuration. `config` takes the place of [tool.bisect-loop.scan]. `ci_env` maps each environment variable that
    the project's CI sets to where it does ("ci.yml:14"); None says that nothing is known of CI.

    Raises SettingsError for a path that does not exist and for configuration that means nothing.
    """
    top = Path(root).resolve()
    settings = config if config is not None else read_scan_config(top)
    try:
        rules = chosen(settings.select, settings.ignore)
    except ValueError as error:
        raise SettingsError(str(error)) from error
    wanted = [Path(path).absolute() for path in paths] or [top]
    for path in wanted:
        if not path.exists():
            raise SettingsError(f"{path}: no such file or directory")
    with _no_collection():
        return _scan(wanted, top, settings, rules, ci_env)


def _scan(
    wanted: Sequence[Path],
    top: Path,
    settings: ScanConfig,
    rules: Sequence[Rule],
    ci_env: Mapping[str, str] | None,
) -> ScanReport:
    options = read_pytest_options(top)
    project, lines = _read(wanted, top, settings, options)
    suite = Suite(project, options)
    flow = Flow(project)
    flow.run()
    reach = Reachability(project, suite)
    sites = find_sites(project, flow, suite, reach, Guards(project, flow, suite, reach), ci_env)
    view = View(project, suite, flow, reach, sites)
    scanned = _Scanned(wanted, top, project)
    findings = {
        finding: None
        for rule in rules
        for finding in rule.check(view)
        if scanned.holds(finding.place) and not scanned.silences(finding)
    }
    return ScanReport(
        root=str(top),
        files=len(project.modules) + len(project.errors),
        lines=lines,
        tests=len(suite.tests),
        findings=tuple(sorted(findings, key=lambda finding: (finding.place, finding.code))),
        wire_ups=tuple(site.wire_up for site in sites),
        errors=tuple(error for error in project.errors if scanned.holds(error.place)),
    )


class _Scanned:
    """What was asked for, and the raw lines of it."""

    def __init__(self, wanted: Sequence[Path], top: Path, project: Project) -> None:
        self.prefixes = [relative_to(real(path), top) for path in wanted]
        self.top = top
        self.lines: dict[str, Sequence[str]] = {}
        self.modules = {module.path: module for module in project.modules}

    def holds(self, place: Place) -> bool:
        """Tell whether a place lies in what is to be reported. Configuration files govern all of it."""
        if not place.path.endswith(".py") and "/" not in place.path and place.path not in self.modules:
            return True
        return any(
            prefix == "." or place.path == prefix or place.path.startswith(f"{prefix}/") for prefix in self.prefixes
        )

    def silences(self, finding: ScanFinding) -> bool:
        path = finding.place.path
        if path not in self.lines:
            module = self.modules.get(path)
            if module is not None:
                self.lines[path] = module.lines
            else:
                text = (self.top / path).read_text(encoding="utf-8", errors="replace")
                self.lines[path] = text.split("\n")
        return is_suppressed(self.lines[path], finding.place.line, finding.end_line, finding.code)


def _read(wanted: Sequence[Path], top: Path, settings: ScanConfig, options: PytestOptions) -> tuple[Project, int]:
    modules = Modules({"", "src", *(_clean(path) for path in options.words("pythonpath"))})
    closed: list[OSError] = []
    files = {real(path): relative_to(path, top) for path in python_files(top, top, settings.exclude, closed.append)}
    for error in closed:
        modules.errors.append(ScanError(Place(relative_to(Path(error.filename), top), 1), error.strerror or str(error)))
    for path in wanted:
        # What is named is read, be it excluded by default or outside the root.
        found = [path] if path.is_file() else list(python_files(path, top, settings.exclude))
        # A link that leads nowhere keeps its own name: its target's would tell nobody which file is meant.
        files.update({real(each): relative_to(real(each), top) for each in found if each.exists()})
    packages = frozenset(
        relative.rpartition("/")[0] for relative in files.values() if relative.rpartition("/")[2] == "__init__.py"
    )
    lines = 0
    for path, relative in files.items():
        try:
            source = read_source(path)
        except OSError as error:
            modules.errors.append(ScanError(Place(relative, 1), error.strerror or str(error)))
            continue
        lines += source.count(b"\n") + (not source.endswith(b"\n") and bool(source))
        modules.add(relative, source, packages)
    return Project(modules), lines


@contextmanager
def _no_collection() -> Iterator[None]:
    """Keep the cyclic collector off: trees are made by the million, hold no cycles, and cost it a third of the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _clean(path: str) -> str:
    return path.strip("\"'").removeprefix("./").rstrip("/").removeprefix(".")
