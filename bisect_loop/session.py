"""Opens a suite: folder, services, runners, history. What every command that runs trials stands on."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from bisect_loop import __version__
from bisect_loop.conditions.coverage import CoverageError, with_coverage
from bisect_loop.conditions.services import ServiceError
from bisect_loop.conditions.slots import open_slots
from bisect_loop.conditions.watching import Watch
from bisect_loop.confirm import PlainConfirmer
from bisect_loop.history import FOLDER, FindingContext, History, HistoryError, Run, fingerprint
from bisect_loop.model import Condition, Ending, Service, TrialResult
from bisect_loop.redact import secrets_in
from bisect_loop.runner.command import Commander
from bisect_loop.runner.dispatch import Dispatch
from bisect_loop.runner.fork import Collected, ForkRunner, StartFailure
from bisect_loop.runner.fresh import FreshRunner
from bisect_loop.runner.plain import PlainRunner
from bisect_loop.runner.target import Slots, Target, without_outer_pytest
from bisect_loop.runner.workspace import Workspace

# A round of the search is eight chunks: all at once.
_FORKED = 8


class Refusal(Exception):
    """The suite cannot be run. The text is one sentence with the mend; `code` the exit code that says so."""

    def __init__(self, sentence: str, code: int = 4) -> None:
        super().__init__(sentence)
        self.code = code


@dataclass(frozen=True, slots=True)
class Settings:
    """What the user asked for. Times are in seconds; None means no limit, and for `jobs` as many as is good."""

    cwd: Path
    paths: tuple[str, ...] = ()
    pytest_args: tuple[str, ...] = ()
    ci_args: tuple[str, ...] = ()  # of CI's own command, where the user gives none
    python: str = sys.executable
    invocation: Literal["pytest", "python -m pytest"] = "pytest"
    env: tuple[tuple[str, str], ...] = ()
    services: tuple[Service, ...] = ()
    ci_services: tuple[Service, ...] = ()  # those that can be had here are started, too
    sources: tuple[str, ...] = ()  # what was read from where
    places: tuple[tuple[str, str], ...] = ()  # the same as (what, where)
    notes: tuple[str, ...] = ()  # what of that was left out, and why
    coverage: bool | None = None  # None: as the arguments say, or CI does
    ci_coverage: tuple[str, ...] = ()
    workers: int = 1
    dist: str = "load"  # how pytest-xdist deals tests out in CI
    random_seed: int = 1  # what pytest-randomly reseeds with
    jobs: int | None = None
    timeout: float = 120.0
    budget: float | None = None
    confirm: int = 3
    runner: Literal["auto", "fork", "fresh"] = "auto"
    roles: bool = True
    fixes: bool = True  # try mends for what was confirmed, up to one that works
    all_fixes: bool = False  # all of them
    reset_external: tuple[str, ...] = ()  # services that are not ours and may be emptied all the same
    outputs: tuple[Path, ...] = ()  # files that the command itself will write

    @property
    def condition(self) -> Condition:
        return Condition(
            args=(*self.paths, *self.pytest_args, *self.ci_args),
            env=self.env,
            workers=self.workers,
            random_seed=self.random_seed,
            invocation=self.invocation,
        )


class Session:
    """A suite that has been collected, with everything that runs trials of it.

    Use as a context manager: leaving it ends every process and removes every temporary file. Raises Refusal where
    the suite cannot be collected. `say` is told what the reader must know.
    """

    def __init__(self, settings: Settings, environ: Mapping[str, str], say: Callable[[str], None]) -> None:
        self.settings = settings
        self.started = time.monotonic()
        self._say = say
        self._stack = ExitStack()
        self.target = Target(settings.python, settings.cwd, without_outer_pytest(environ))
        try:
            self._open(environ)
        except BaseException:
            self.close()
            raise

    def _open(self, environ: Mapping[str, str]) -> None:
        settings = self.settings
        self._check_paths()
        self.workspace = self._stack.enter_context(Workspace())
        try:
            opened = open_slots(
                settings.services,
                self._width(),
                self.workspace,
                environ,
                optional=settings.ci_services,
                variables=dict(settings.env),
                reset_external=settings.reset_external,
                cwd=settings.cwd,
                say=self._say,
            )
        except ServiceError as error:
            raise Refusal(str(error)) from error
        self._stack.callback(opened.close)
        self.services = opened.services
        self.slots = Slots(opened.slots)
        self.variables = {name: tuple(env) for name, env in opened.variables.items()}
        by_service = {variable for names in self.variables.values() for variable in names}
        self.condition = replace(
            self._with_coverage(settings.condition),
            # What a service that was started sets itself is part of that service.
            env=tuple((name, value) for name, value in settings.env if name not in by_service),
            services=tuple(service.name for service in self.services),
        )
        forked, collected = self._collect()
        if settings.coverage is False and collected.coverage:
            # The project's own addopts ask for it; only where pytest-cov is at work does it know this option.
            forked.close()
            self.condition = self.condition.without_coverage()
            forked, collected = self._collect()
        # The project's own addopts may turn it on as well.
        measured = collected.coverage or self.condition.under_coverage_run
        self.condition = replace(self.condition, coverage=measured)
        self.suite = collected.suite
        self.paths = frozenset(collected.paths)
        self.root = Path(self.suite.root)
        if not self.suite.nodeids:
            raise Refusal("No tests were collected: name a path that holds some.", 5)
        self.executor = self._stack.enter_context(_Threads(max_workers=self.slots.width, thread_name_prefix="trial"))
        self.history = self._open_history(secrets_in(environ.items()))
        self.fingerprint = fingerprint(self.root, ignore=settings.outputs)
        self.dispatch = Dispatch(
            fresh=FreshRunner(self.target, self.workspace, self.slots, self.paths, self.root),
            fork=self._trusted(forked, collected.refusal),
            executor=self.executor,
            width=self.slots.width,
            fresh_width=min(self.slots.width, settings.jobs or _cores()),
            deadline=None if settings.budget is None else self.started + settings.budget,
            say=self._say,
        )
        store = self.root / FOLDER / "replay"
        self.commander = Commander(
            self.target,
            self.suite,
            self.paths,
            collected.neutral,
            store,
            started=opened.started,
            given=opened.named,
        )
        self.watch = Watch(
            self.target,
            self.workspace,
            self.slots,
            opened.ours,
            self.paths,
            self.root,
            settings.timeout,
            self.dispatch.count,
        )
        plain = PlainRunner(self.target, self.workspace)

        def run_plain(texts: Sequence[str]) -> list[TrialResult]:
            return self.dispatch.plain(texts, self.condition, lambda text: plain.run(text, settings.timeout))

        self.confirmer = PlainConfirmer(run_plain, self.commander, self.condition, settings.confirm)

    # Opening.

    def _width(self) -> int:
        """How many trials may run at once: forked ones are light, but each slot with services has servers."""
        if self.settings.jobs is not None:
            return self.settings.jobs
        return min(_cores(), 4) if self.settings.services or self.settings.ci_services else _FORKED

    def _with_coverage(self, condition: Condition) -> Condition:
        code = "import importlib.util, sys; sys.exit(importlib.util.find_spec(sys.argv[1]) is None)"

        def has(module: str) -> bool:
            command = [self.target.python, "-c", code, module]
            try:
                return subprocess.run(command, cwd=self.target.cwd, env=dict(self.target.environ)).returncode == 0
            except OSError:
                return True  # an interpreter that does not start is told of when it is to collect

        try:
            chosen, note = with_coverage(condition, self.settings.coverage, self.settings.ci_coverage, has)
        except CoverageError as error:
            raise Refusal(str(error)) from error
        if note:
            self._say(note)
        return chosen

    def _check_paths(self) -> None:
        for note in self.settings.notes:
            self._say(note)
        if not self.settings.cwd.is_dir():
            raise Refusal(f"There is no directory {self.settings.cwd}: check -C.")
        for path in self.settings.paths:
            file = path.partition("::")[0].partition("[")[0]
            if file and not Path(self.settings.cwd, file).exists() and "--pyargs" not in self.settings.pytest_args:
                raise Refusal(f"There is no {file} in {self.settings.cwd}: check the path.")

    def _collect(self) -> tuple[ForkRunner, Collected]:
        """Start the fork server, which collects. Where modules are not found, try with the working directory on
        sys.path, as `python -m pytest` has it."""
        try:
            return self._start()
        except StartFailure as failure:
            first = failure.result
        if self.settings.ci_args and first.ending is Ending.USAGE_ERROR:
            self._say(f"CI's pytest arguments are left out, because pytest does not start with them: {first.detail}")
            self.condition = replace(self.condition, args=())
            try:
                return self._start()
            except StartFailure as failure:
                first = failure.result
        if self.condition.invocation == "pytest" and "No module named" in first.detail:
            self.condition = replace(self.condition, invocation="python -m pytest")
            try:
                started = self._start()
            except StartFailure:
                pass
            else:
                self._say("the tests import from the working directory, so they are run as `python -m pytest` does")
                return started
        raise Refusal(*explain(first, self.settings))

    def _start(self) -> tuple[ForkRunner, Collected]:
        forked = ForkRunner(self.target, self.workspace, self.slots, self.condition, self.settings.timeout)
        self._stack.callback(forked.close)
        return forked, forked.start()

    def _trusted(self, forked: ForkRunner, refusal: str) -> ForkRunner | None:
        if self.settings.runner == "fresh":
            refusal = refusal or "asked for"
        elif refusal:
            if self.settings.runner == "fork":
                raise Refusal(f"Forked trials cannot be trusted here: {refusal}. Use --runner fresh.")
            self._say(f"every trial runs in a fresh process: {refusal}")
        if refusal:
            forked.close()
            return None
        return forked

    def _open_history(self, secrets: Sequence[str]) -> History:
        self.stored = True
        try:
            history = History.open(self.root, secrets=secrets)
        except HistoryError as error:
            self._say(f"{error} This run is not stored.")
            self.stored = False
            history = History.in_memory(secrets=secrets)
        if history.note:
            self._say(history.note)
        return self._stack.enter_context(history)

    # Running.

    def begin(self, question: str, argv: tuple[str, ...], *, resume: bool = True) -> Run:
        """Begin a run in the history, or (with `resume`) go on with the same one where it was cut off."""
        settings = replace(self.settings, jobs=None, budget=None, outputs=())
        text = repr((__version__, question, settings, self.suite.python, self.suite.pytest, self.suite.plugins))
        run = self.history.begin_run(hashlib.sha256(text.encode()).hexdigest(), self.fingerprint, argv, resume=resume)
        self.dispatch.record = run
        if run.resumed:
            self._say(f"going on with a run that was cut off: {run.resumed} trials are known already")
        return run

    def context(self) -> FindingContext:
        """What a replay of this session's findings needs."""
        return FindingContext(
            condition=self.condition,
            services=self.services,
            root=str(self.root),
            workdir=os.path.relpath(self.target.cwd, self.root),
            python=self.settings.python,
            fingerprint=self.fingerprint,
        )

    def seconds(self) -> float:
        """Since this session was opened."""
        return time.monotonic() - self.started

    def close(self) -> None:
        """End everything. Safe to call twice."""
        self._stack.close()

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


def _cores() -> int:
    """How many processes can really run at once here."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class _Threads(ThreadPoolExecutor):
    """Threads that are not waited for: what they wait for themselves is killed by the workspace."""

    def __exit__(self, *exc: object) -> None:
        self.shutdown(wait=False, cancel_futures=True)


def explain(result: TrialResult, settings: Settings) -> tuple[str, int]:
    """One sentence with the mend, and the exit code, for a suite that could not be collected."""
    detail = result.detail.rstrip(".")
    python = settings.python
    if result.ending is Ending.NO_TESTS:
        return "No tests were collected: name a path that holds some.", 5
    if detail.startswith("no-pytest"):
        return f"{python} has no pytest: install it there, or name another interpreter with --python.", 4
    what = detail.partition(": ")[2]
    if detail.startswith("no-python"):
        return f"{python} does not run as CPython 3.8 or later ({what}): name another interpreter with --python.", 4
    if detail.startswith("broken-pytest"):
        mend = "install it again there, or name another interpreter with --python"
        return f"{python} cannot import its pytest ({what}): {mend}.", 4
    if detail.startswith("unsupported"):
        return f"{what} of {python} is too old: bisect-loop needs CPython 3.8 and pytest 8.0 or later.", 4
    if result.ending is Ending.COLLECTION_ERROR:
        return f"{detail}. Mend that, or leave the file out with `-- --ignore=PATH`.", 4
    if result.ending is Ending.TIMEOUT:
        return f"Collection does not come to an end ({detail}): allow it more with --timeout.", 4
    if result.ending is Ending.USAGE_ERROR:
        return f"pytest does not start: {detail}.", 4
    if result.ending is Ending.INTERNAL_ERROR:
        return f"pytest fails before any test is run: {detail}; `pytest --collect-only` shows it in full.", 4
    return f"Collection failed ({result.ending.value}): {detail}.", 4
