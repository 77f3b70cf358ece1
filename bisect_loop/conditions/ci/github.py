"""GitHub Actions workflows.

The rules are GitHub's "Workflow syntax" and "Contexts" references: env of a step overrides that of its job, and
that one the workflow's; a matrix is expanded with `exclude` and then `include`; a step runs in the order written.
A job is read as it goes when nothing has failed.
"""

from __future__ import annotations

from dataclasses import replace

from bisect_loop.conditions.ci import reuse
from bisect_loop.conditions.ci.expressions import Context, Open, Value, interpolate
from bisect_loop.conditions.ci.facts import CiError, EnvEntry, Job, Source, Unresolved, Variant
from bisect_loop.conditions.ci.files import Files
from bisect_loop.conditions.ci.holes import show
from bisect_loop.conditions.ci.matrix import Combination, expand, label
from bisect_loop.conditions.ci.services import containers
from bisect_loop.conditions.ci.steps import Steps
from bisect_loop.conditions.ci.workflowenv import Env, read_env, with_env
from bisect_loop.conditions.ci.yamltree import Items, Scalar, Table, kind_of, load

_RUNNER_OS = {"ubuntu": "Linux", "macos": "macOS", "windows": "Windows"}
_REUSE_DEPTH = 3


def read_workflow(files: Files, path: str) -> list[Job]:
    """Return the jobs of the workflow `path`. CiError where it is no workflow.

    A job that calls a workflow of the same repository becomes that workflow's jobs, named "caller / job".
    """
    tree = workflow_tree(files, path)
    return _jobs(files, tree, path, inputs=None, prefix="", outer=())


def workflow_tree(files: Files, path: str) -> Table:
    """Return the workflow's content. CiError where the file cannot be read or is no workflow."""
    text = files.text(path)
    if text is None:
        raise CiError(f"{path}: there is no such file in the repository; name one that is there.")
    tree = load(text, path)
    if not isinstance(tree, Table) or not isinstance(tree.get("jobs"), Table):
        where = tree.line_of("jobs") if isinstance(tree, Table) else tree.source
        raise CiError(f"{where}: this is not a GitHub workflow: it has no `jobs:` with jobs in it.")
    return tree


def _jobs(
    files: Files, tree: Table, path: str, inputs: Context | None, prefix: str, outer: tuple[str, ...]
) -> list[Job]:
    jobs = tree.table("jobs")
    found: list[Job] = []
    for name, job in jobs or ():
        source = jobs.line_of(name) if jobs else tree.source
        if not isinstance(job, Table):
            raise CiError(f"{source}: the job `{name}` is {kind_of(job)} where a mapping is needed; indent its keys.")
        if "uses" in job.entries:
            found += _called(files, tree, name, job, source, outer=(*outer, path))
        else:
            found.append(_Job(files, tree, name, job, source, inputs).read(prefix))
    return found


def _called(files: Files, tree: Table, name: str, job: Table, source: Source, outer: tuple[str, ...]) -> list[Job]:
    """Follow `uses: ./.github/workflows/x.yml`; its inputs are those of the caller's first combination."""
    used = job.text("uses")
    path = files.join(".", used.partition("@")[0]) if used.startswith("./") else None
    if path is None or files.text(path) is None or path in outer or len(outer) > _REUSE_DEPTH:
        reason = "the workflow that it calls is not in this repository"
        unresolved = Unresolved(f"uses: {used}", reason, job.line_of("uses"))
        return [
            Job(
                name,
                job.text("name") or name,
                source,
                "github",
                (Variant(unresolved=(unresolved,)),),
                job.text("if"),
            )
        ]
    caller = _Job(files, tree, name, job, source, None)
    context = caller.contexts()[0][1]
    inner = workflow_tree(files, path)
    inputs = {"inputs": reuse.inputs_of(reuse.called_with(inner), job.table("with"), context)}
    return [
        replace(found, name=f"{name} / {found.name}", condition=_both(job.text("if"), found.condition))
        for found in _jobs(files, inner, path, inputs, f"{name} / ", outer)
    ]


class _Job:
    """Reads one job of a workflow, one variant for each combination of its matrix."""

    def __init__(
        self, files: Files, tree: Table, name: str, job: Table, source: Source, inputs: Context | None
    ) -> None:
        self._files, self._tree, self._name, self._job, self._source = files, tree, name, job, source
        self._inputs = dict(inputs or {})

    def read(self, prefix: str) -> Job:
        variants = tuple(self._variant(combination, context) for combination, context in self.contexts())
        title = interpolate(self._job.text("name") or self._name, self.contexts()[0][1])
        return Job(
            name=self._name,
            title=prefix + show(title),
            source=self._source,
            kind="github",
            variants=variants,
            condition=self._job.text("if"),
        )

    def contexts(self) -> list[tuple[Combination, dict[str, Value]]]:
        """Return each combination of the matrix with the contexts that its expressions see."""
        strategy = self._job.table("strategy")
        combinations = expand(strategy.get("matrix") if strategy else None, self._inputs)
        return [(combination, self._context(combination)) for combination in combinations]

    def _context(self, combination: Combination) -> dict[str, Value]:
        context: dict[str, Value] = {**self._inputs, "matrix": combination, "github": Open()}
        runs_on = self._runs_on(context)
        system = next((os for start, os in _RUNNER_OS.items() if runs_on.startswith(start)), None)
        context["runner"] = Open(os=system) if system else Open()
        # Known by definition: the checkout, wherever it is.
        context["github"] = Open(workspace=str(self._files.root), job=self._name)
        return context

    def _runs_on(self, context: Context) -> str:
        tree = self._job.get("runs-on")
        if isinstance(tree, Items):
            return ", ".join(interpolate(s.as_text, context) for s in tree.values if isinstance(s, Scalar))
        return interpolate(tree.as_text, context) if isinstance(tree, Scalar) else ""

    def _variant(self, combination: Combination, context: dict[str, Value]) -> Variant:
        env: Env = {name: EnvEntry(name, "true", self._source, "default") for name in ("CI", "GITHUB_ACTIONS")}
        read_env(self._tree.get("env"), "workflow", context, env)
        container = self._job.get("container")
        if isinstance(container, Table):
            read_env(container.get("env"), "job", with_env(context, env), env)
        read_env(self._job.get("env"), "job", with_env(context, env), env)
        services = containers(self._job.table("services"), with_env(context, env))
        ports = {
            service.name: {"ports": Open({str(port.container): str(port.host) for port in service.ports if port.host})}
            for service in services
        }
        context = {**context, "job": Open(services=ports)}
        steps = Steps(self._files, env, context, self._defaults(context))
        steps.read(self._job.get("steps"))
        image = container.text("image") if isinstance(container, Table) else self._job.text("container")
        return Variant(
            matrix=tuple((key, label(value)) for key, value in combination.items()),
            runs_on=show(self._runs_on(context)),
            container=show(interpolate(image, context)) or None,
            job_env=tuple(env.values()),
            services=services,
            commands=steps.commands,
            unresolved=steps.unresolved,
            notes=steps.notes,
        )

    def _defaults(self, context: Context) -> tuple[str, str]:
        """Return the default working directory and shell of the job's `run` steps."""
        directory, shell = ".", ""
        for tree in (self._tree, self._job):
            defaults = tree.table("defaults")
            run = defaults.table("run") if defaults else None
            if run:
                directory = interpolate(run.text("working-directory"), context) or directory
                shell = interpolate(run.text("shell"), context) or shell
        return directory, shell


def _both(first: str, second: str) -> str:
    return " and ".join(filter(None, (first, second)))
