"""The steps of a GitHub job or of a composite action, in order."""

from __future__ import annotations

import re

from bisect_loop.conditions.ci import reuse
from bisect_loop.conditions.ci.expressions import Context, Value, interpolate
from bisect_loop.conditions.ci.facts import CiError, PytestCommand, Source, Unresolved
from bisect_loop.conditions.ci.files import Files
from bisect_loop.conditions.ci.holes import hole, show
from bisect_loop.conditions.ci.shell.state import State
from bisect_loop.conditions.ci.shell.walk import Frame, Walk
from bisect_loop.conditions.ci.workflowenv import Env, holds, read_env, with_env
from bisect_loop.conditions.ci.yamltree import Items, Scalar, Table, Tree, kind_of

_SHELLS = ("bash", "sh")
_SCRIPT_INPUTS = ("run", "command", "commands", "script")  # what actions call the script that they are given
_RUNS_TESTS = re.compile(r"test|\b(?:tox|nox|hatch|make)\b")
_DEPTH = 3  # composite actions within composite actions


class Steps:
    """Walks steps. `env` is the job's; `context` what its expressions see; `defaults` directory and shell."""

    def __init__(self, files: Files, env: Env, context: Context, defaults: tuple[str, str]) -> None:
        self._files, self._context, self._defaults = files, context, defaults
        self._env = dict(env)
        self._walk = Walk()
        self._notes: list[str] = []
        self._foreign = ""  # the repository that was checked out in place of this one

    @property
    def commands(self) -> tuple[PytestCommand, ...]:
        """The pytest commands; those that run for certain come first."""
        return tuple(sorted(self._walk.commands, key=lambda command: bool(command.condition)))

    @property
    def unresolved(self) -> tuple[Unresolved, ...]:
        return tuple(self._walk.unresolved)

    @property
    def notes(self) -> tuple[str, ...]:
        return tuple(self._notes)

    def read(self, tree: Tree | None, through: tuple[str, ...] = (), condition: str = "") -> None:
        if tree is None:
            return
        if not isinstance(tree, Items):
            raise CiError(f"{tree.source}: `steps` is {kind_of(tree)} where a list is needed; begin each with `-`.")
        for step in tree.values:
            if isinstance(step, Table):
                self._step(step, through, condition)

    def _step(self, step: Table, through: tuple[str, ...], outer: str) -> None:
        env = dict(self._env)
        context = with_env(self._context, env)
        run = holds(step, context)
        if run is False:
            if _tests(step):
                name = step.text("name") or step.text("run").split("\n")[0] or step.text("uses")
                why = "is for after a failure" if "failure()" in step.text("if") else "does not hold here"
                self._notes.append(f"{step.source}: `{name}` is left out: `if: {step.text('if')}` {why}")
            return
        read_env(step.get("env"), "step", context, env)
        context = with_env(self._context, env)
        condition = " and ".join(filter(None, (outer, "" if run else f"if: {step.text('if')}")))
        if isinstance(step.get("parallel"), Items):  # steps that run at the same time
            self.read(step.get("parallel"), through, condition)
        elif isinstance(found := step.get("run"), Scalar):
            self._run(step, found, env, context, through, condition)
        elif step.text("uses"):
            self._uses(step, env, context, through, condition)

    def _run(
        self, step: Table, text: Scalar, env: Env, context: Context, through: tuple[str, ...], condition: str
    ) -> None:
        directory, shell = self._defaults
        shell = interpolate(step.text("shell"), context) or shell
        directory = interpolate(step.text("working-directory"), context) or directory
        source = Source(text.source.file, text.first_line)
        frame = Frame(source, text.style != "|", through, condition)
        if self._foreign:
            if "test" in text.text:
                reason = f"it runs in a checkout of {self._foreign}"
                self._walk.unresolved.append(Unresolved(_first_test_line(text.text), reason, source))
            return
        if shell and shell.split()[0].rsplit("/", 1)[-1] not in _SHELLS:
            if "test" in text.text:
                reason = f"its shell is {show(shell)}, which is not read"
                self._walk.unresolved.append(Unresolved(_first_test_line(text.text), reason, source))
            return
        self._script(interpolate(text.text, context), env, directory, frame)

    def _script(self, text: str, env: Env, directory: str, frame: Frame) -> None:
        state = State(self._files, env, self._files.join(".", directory) or hole(directory))
        self._walk.script(text, state, frame)
        for entry in self._walk.persisted.values():
            self._env[entry.name] = entry
        self._walk.persisted.clear()

    def _uses(self, step: Table, env: Env, context: Context, through: tuple[str, ...], condition: str) -> None:
        used = step.text("uses")
        if used.startswith("./"):
            self._composite(step, used, env, context, through, condition)
            return
        given = step.table("with")
        if used.startswith("actions/checkout@") and given and given.text("repository") and not given.text("path"):
            self._foreign = show(interpolate(given.text("repository"), context))
            return
        for name in _SCRIPT_INPUTS if given else ():
            script = given.get(name) if given else None
            if isinstance(script, Scalar) and _RUNS_TESTS.search(script.text) and "github-script" not in used:
                frame = Frame(
                    Source(script.source.file, script.first_line), script.style != "|", (*through, used), condition
                )
                self._script(interpolate(script.text, context), env, self._defaults[0], frame)
                return
        if given and used.startswith("docker://") and "test" in given.text("args") + given.text("entrypoint"):
            reason = "it runs inside a container"
            self._walk.unresolved.append(Unresolved(f"uses: {used}", reason, step.line_of("uses")))

    def _composite(
        self, step: Table, used: str, env: Env, context: Context, through: tuple[str, ...], condition: str
    ) -> None:
        """Follow an action of the same repository; what it writes to $GITHUB_ENV holds for later steps as well."""
        action = reuse.action_tree(self._files, used)
        runs = action.table("runs") if action else None
        if action is None or runs is None or runs.text("using") != "composite" or len(through) >= _DEPTH:
            if "test" in used:
                reason = "the action is no composite action of this repository"
                self._walk.unresolved.append(Unresolved(f"uses: {used}", reason, step.line_of("uses")))
            return
        inputs: Value = reuse.inputs_of(action, step.table("with"), context)
        outer, job_env = self._context, self._env
        self._context, self._env = {**self._context, "inputs": inputs}, env
        before = dict(env)
        self.read(runs.get("steps"), (*through, used), condition)
        written = {name: entry for name, entry in self._env.items() if before.get(name) != entry}
        self._context, self._env = outer, {**job_env, **written}


def _tests(step: Table) -> bool:
    return bool(_RUNS_TESTS.search(step.text("run")))


def _first_test_line(text: str) -> str:
    return next((line.strip() for line in text.splitlines() if "test" in line), text.strip())
