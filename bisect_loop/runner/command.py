"""The text of plain pytest commands that show a finding: to be run as it is printed."""

from __future__ import annotations

import hashlib
import os
import re
import shlex
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bisect_loop.model import Condition, NodeId, Suite, Worker
from bisect_loop.runner.target import Target

# Past this many ids a command line is no longer something to read; they go into a file.
_LONG = 25

_XDIST = ("-n", "--numprocesses", "--dist", "--tx", "--maxprocesses")

_ORDER_PLUGIN = '''"""Keeps these tests only, in this order: pytest -p {name}, with this folder on PYTHONPATH."""

import pytest

ORDER = {order}


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection_modifyitems(items):
    result = yield
    by_id = {{item.nodeid: item for item in items}}
    items[:] = [by_id[nodeid] for nodeid in ORDER if nodeid in by_id]
    return result
'''

_WORKER_PLUGIN = '''

def pytest_collection_finish(session):
    """What the fixtures worker_id and testrun_uid look at."""
    session.config.workerinput = {given}
'''

_LANES_PLUGIN = '''"""Runs each lane on a worker of its own: pytest -p {name} -n {count} --dist load.

This folder must be on PYTHONPATH.
"""

import pytest
from xdist.scheduler import LoadScopeScheduling

LANES = {lanes}
LANE_OF = {{nodeid: number for number, lane in enumerate(LANES) for nodeid in lane}}


class Lanes(LoadScopeScheduling):
    def _split_scope(self, nodeid):
        return str(LANE_OF[nodeid])


def pytest_xdist_make_scheduler(config, log):
    return Lanes(config, log)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection_modifyitems(items):
    result = yield
    by_id = {{item.nodeid: item for item in items}}
    items[:] = [by_id[nodeid] for nodeid in LANE_OF if nodeid in by_id]
    return result
'''


@dataclass(frozen=True, slots=True)
class PlainCommand:
    """`text` is one line for sh, to be run in the target's directory; `files` are the (name, content) it reads."""

    text: str
    files: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Commander:
    """Builds commands for one suite. `store` is the folder (below the root) for files that commands read.

    `paths` are the positional arguments of the user's command, `neutral` the options that put the order of the
    given ids into effect (such as `-n0` where the project asks for workers), `started` how each service that
    the tool starts is asked for ("redis" -> "redis=embedded"). The name of a file tells its content, so that a command
    that was printed once finds what it reads.
    """

    target: Target
    suite: Suite
    paths: frozenset[str]
    neutral: tuple[str, ...]
    store: Path
    started: Mapping[str, str] = field(default_factory=dict)
    given: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def _visible(self, path: str) -> str:
        """A path as one would type it: relative where it lies below the working directory."""
        absolute = Path(path).absolute()
        cwd = self.target.cwd.absolute()
        return f"./{absolute.relative_to(cwd)}" if absolute.is_relative_to(cwd) else str(absolute)

    def _finds(self, name: str, python: Path) -> bool:
        """Whether the shell that the tool was started from finds `name` in the folder of `python`."""
        found = shutil.which(name, path=self.target.environ.get("PATH"))
        return found is not None and Path(found).parent.resolve() == python.parent.resolve()

    def program(self, condition: Condition) -> list[str]:
        """How pytest is called: by its bare name where the shell finds the right one."""
        python = Path(self.target.python)
        if condition.under_coverage_run:
            called = "python" if self._finds("python", python) else self._visible(str(python))
            return [called, "-m", *condition.coverage_words, "-m", "pytest"]
        if condition.invocation == "pytest" and (python.parent / "pytest").exists():
            return ["pytest" if self._finds("pytest", python) else self._visible(str(python.parent / "pytest"))]
        return ["python" if self._finds("python", python) else self._visible(str(python)), "-m", "pytest"]

    def tool(self, executable: str) -> list[str]:
        """How this tool itself is called, where `executable` is its interpreter."""
        script = Path(executable).parent / "bisect-loop"
        if not script.exists():
            return [self._visible(executable), "-m", "bisect_loop"]
        return ["bisect-loop" if self._finds("bisect-loop", Path(executable)) else self._visible(str(script))]

    def argument(self, nodeid: NodeId) -> str:
        """A node id (relative to the root) as an argument for pytest in the working directory."""
        if os.path.realpath(self.suite.root) == os.path.realpath(self.target.cwd):
            return nodeid
        path, mark, rest = nodeid.partition("::")
        return os.path.relpath(Path(self.suite.root, path), self.target.cwd) + mark + rest

    def _assemble(
        self,
        condition: Condition,
        options: Sequence[str],
        arguments: Sequence[str],
        env: Sequence[tuple[str, str]],
    ) -> str:
        kept = [arg for arg in condition.arguments if arg not in self.paths]
        if "-n0" in self.neutral:
            kept = _without_workers(kept)
        start = [self.started[name] for name in condition.services if name in self.started]
        around = [*self.tool(sys.executable), "with", *start, "--"] if start else []
        words = [*around, *self.program(condition), *kept, *self.neutral, *options, *arguments]
        given = [pair for name in condition.services for pair in self.given.get(name, {}).items()]
        prefix = [f"{name}={shlex.quote(value)}" for name, value in (*condition.env, *given, *env)]
        return " ".join([*prefix, *(shlex.quote(word) for word in words)])

    def by_ids(
        self,
        condition: Condition,
        order: Sequence[NodeId],
        *,
        name: str,
        options: Sequence[str] = (),
        env: Sequence[tuple[str, str]] = (),
        imports: Sequence[str] = (),
    ) -> PlainCommand:
        """`pytest a::x b::y`. `imports` are files (relative to the root) that are collected and not run.

        The files come first, in their order, each deselected as a whole.
        """
        arguments = [self.argument(path) for path in imports]
        more = [word for path in imports for word in ("--deselect", f"{path}::")]
        arguments += [self.argument(nodeid) for nodeid in order]
        listed = any("\n" in argument or "\r" in argument for argument in arguments)
        if len(arguments) > _LONG and not listed and _version(self.suite.pytest) >= (8, 2):
            content = "".join(f"{argument}\n" for argument in arguments)
            file = f"{name}-{_digest(content)}.txt"
            at = "@" + os.path.relpath(self.store / file, self.target.cwd)
            text = self._assemble(condition, [*options, *more], [at], env)
            return PlainCommand(text, ((file, content),))
        return PlainCommand(self._assemble(condition, [*options, *more], arguments, env))

    def by_plugin(
        self,
        condition: Condition,
        order: Sequence[NodeId],
        *,
        name: str,
        options: Sequence[str] = (),
        env: Sequence[tuple[str, str]] = (),
        worker: Worker | None = None,
    ) -> PlainCommand:
        """The user's own command with a small plugin that orders: for ids that no command line can name.

        The plugin also gives the process the identity of `worker`, as far as fixtures look at it.
        """
        module = f"order_{name}_{_digest(repr((order, worker)))}"
        content = _ORDER_PLUGIN.format(name=module, order=_literal(order))
        if worker is not None:
            given = {"workerid": worker.id, "workercount": worker.count, "testrunuid": worker.run}
            content += _WORKER_PLUGIN.format(given=repr(given).replace("'", '"'))
        return self._with_plugin(condition, module, content, options, env)

    def by_lanes(
        self, condition: Condition, lanes: Sequence[Sequence[NodeId]], *, name: str, options: Sequence[str] = ()
    ) -> PlainCommand:
        """The user's own command under pytest-xdist, each of `lanes` on a worker of its own.

        Tests one to a worker need no plugin: xdist deals out in turn where there are fewer than two for each.
        """
        workers = ("-n", str(len(lanes)), "--dist")
        arguments = [self.argument(lane[0]) for lane in lanes]
        plain = all(len(lane) == 1 for lane in lanes) and not any("\n" in word or "\r" in word for word in arguments)
        if plain:
            return PlainCommand(self._assemble(condition, [*options, *workers, "load"], arguments, ()))
        module = f"lanes_{name}_{_digest(repr(lanes))}"
        content = _LANES_PLUGIN.format(
            name=module, count=len(lanes), lanes="[\n" + "".join(f"    {list(lane)!a},\n" for lane in lanes) + "]"
        )
        return self._with_plugin(condition, module, content, [*options, *workers, "load"], ())

    def _with_plugin(
        self,
        condition: Condition,
        module: str,
        content: str,
        options: Sequence[str],
        env: Sequence[tuple[str, str]],
    ) -> PlainCommand:
        where = os.path.relpath(self.store, self.target.cwd)
        arguments = [arg for arg in condition.args if arg in self.paths]
        text = self._assemble(condition, [*options, "-p", module], arguments, env)
        return PlainCommand(
            f'PYTHONPATH={shlex.quote(where)}"${{PYTHONPATH:+:$PYTHONPATH}}" {text}', ((f"{module}.py", content),)
        )


def _without_workers(args: Sequence[str]) -> list[str]:
    """`args` without what asks pytest-xdist for workers, which `-n0` behind them would only take back."""
    kept: list[str] = []
    pending = list(args)
    while pending:
        arg = pending.pop(0)
        if arg in _XDIST:
            del pending[:1]
        elif not re.match(r"-n\d|-n(auto|logical)$|--(numprocesses|dist|tx|maxprocesses)=", arg):
            kept.append(arg)
    return kept


def _digest(content: str) -> str:
    """What keeps the file of one command from being overwritten by another's."""
    return hashlib.sha256(content.encode("utf-8", "surrogatepass")).hexdigest()[:6]


def _literal(order: Sequence[NodeId]) -> str:
    return "[\n" + "".join(f"    {nodeid!a},\n" for nodeid in order) + "]"


def _version(text: str) -> tuple[int, int]:
    major, minor = [*text.split("."), "0"][:2]
    return int(major), int(minor)
