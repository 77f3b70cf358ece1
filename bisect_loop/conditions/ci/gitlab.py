"""GitLab CI files."""

from __future__ import annotations

import re
from itertools import product

from bisect_loop.conditions.ci.facts import CiError, EnvEntry, Job, Level, Service, Source, Unresolved, Variant
from bisect_loop.conditions.ci.files import Files
from bisect_loop.conditions.ci.gitlabtree import dereferenced, read_tree, resolved
from bisect_loop.conditions.ci.holes import hole, holes_in, show
from bisect_loop.conditions.ci.shell.state import State
from bisect_loop.conditions.ci.shell.walk import Frame, Walk
from bisect_loop.conditions.ci.yamltree import Items, Scalar, Table, Tree, kind_of, scalars

Env = dict[str, EnvEntry]
Raw = dict[str, tuple[str, Source, Level, bool]]  # text, where, level, whether `$X` in it is filled in

_NOT_JOBS = frozenset({"default", "include", "stages", "variables", "workflow", "image", "services", "cache", "types"})
_KEYWORDS = _NOT_JOBS | {"before_script", "after_script", "spec"}
_INHERITED = ("image", "services", "before_script")
_VARIABLE = re.compile(r"\$\$|\$([A-Za-z_]\w*)|\$\{([A-Za-z_]\w*)\}|%([A-Za-z_]\w*)%")
_DEPTH = 20


def read_pipeline(files: Files, path: str) -> list[Job]:
    """Return the jobs of the GitLab CI file `path`; hidden ones (".name") are templates and left out."""
    unresolved: list[Unresolved] = []
    tree = read_tree(files, path, unresolved)
    names = [name for name, value in tree if name not in _KEYWORDS and not name.startswith(".")]
    jobs = [name for name in names if isinstance(tree.get(name), Table)]
    if not jobs:
        raise CiError(f"{tree.source}: this is not a GitLab CI file: no job is in it.")
    return [_Pipeline(files, tree, unresolved).job(name) for name in jobs]


class _Pipeline:
    def __init__(self, files: Files, tree: Table, unresolved: list[Unresolved]) -> None:
        self._files, self._tree, self._unresolved = files, tree, tuple(unresolved)

    def job(self, name: str) -> Job:
        source = self._tree.line_of(name)
        raw = dereferenced(self._tree, resolved(self._tree, name))
        job = raw if isinstance(raw, Table) else Table({}, source)
        if not any(key in job.entries for key in ("script", "run", "trigger")):
            raise CiError(f"{source}: the job `{name}` has no `script:`; add one, or begin its name with a dot.")
        job = self._with_defaults(job)
        variants = tuple(self._variant(name, job, source, combination) for combination in _matrix(job))
        return Job(name, name, source, "gitlab", variants, _condition(job))

    def _with_defaults(self, job: Table) -> Table:
        """Add image, services and before_script of `default:` or of the top level, unless `inherit` says no."""
        default = self._tree.table("default")
        inherit = job.table("inherit")
        allowed = inherit.get("default") if inherit else None
        entries = dict(job.entries)
        for key in _INHERITED:
            found = (default.get(key) if default else None) or self._tree.get(key)
            named = [scalar.text for scalar in scalars(allowed)] if isinstance(allowed, Items) else None
            refused = isinstance(allowed, Scalar) and allowed.value is False
            if found is not None and key not in entries and not refused and (named is None or key in named):
                entries[key] = dereferenced(self._tree, found) or found
        return Table(entries, job.source, job.lines)

    def _variant(self, name: str, job: Table, source: Source, combination: dict[str, Scalar]) -> Variant:
        env = self._env(name, job, source, combination)
        walk = Walk()
        state = State(self._files, env)
        for key in ("before_script", "script"):
            for text in scalars(job.get(key)):
                frame = Frame(Source(text.source.file, text.first_line), folded=text.style != "|")
                walk.script(text.text, state, frame)
        image = job.get("image")
        container = image.text("name") if isinstance(image, Table) else job.text("image")
        return Variant(
            matrix=tuple((key, value.as_text) for key, value in combination.items()),
            runs_on=", ".join(tag.as_text for tag in scalars(job.get("tags"))),
            container=show(expanded(container, env)) or None,
            job_env=tuple(env.values()),
            services=tuple(_services(job.get("services"), env)),
            commands=tuple(sorted(walk.commands, key=lambda command: bool(command.condition))),
            unresolved=(*self._unresolved, *walk.unresolved),
        )

    def _env(self, name: str, job: Table, source: Source, combination: dict[str, Scalar]) -> Env:
        env = {key: EnvEntry(key, "true", source, "default") for key in ("CI", "GITLAB_CI")}
        raw: Raw = {}
        inherit = job.table("inherit")
        allowed = inherit.get("variables") if inherit else None
        if not (isinstance(allowed, Scalar) and allowed.value is False):
            names = [scalar.text for scalar in scalars(allowed)] if isinstance(allowed, Items) else None
            _read_variables(dereferenced(self._tree, self._tree.get("variables")), "workflow", raw, names)
        _read_variables(job.get("variables"), "job", raw)
        raw.update({key: (value.as_text, value.source, "matrix", True) for key, value in combination.items()})
        values = {key: (text, expand) for key, (text, _, _, expand) in raw.items()}
        values["CI_PROJECT_DIR"] = (str(self._files.root), False)
        values["CI_JOB_NAME"] = (name, False)
        for key, (_, place, level, _) in raw.items():
            env[key] = EnvEntry(key, _filled(key, values, ()), place, level)
        secrets = job.table("secrets")
        for key, _ in secrets or ():
            place = secrets.line_of(key) if secrets else source
            env[key] = EnvEntry(key, hole(f"secrets.{key}"), place, "job")
        return env


def _read_variables(
    tree: Tree | None,
    level: Level,
    raw: Raw,
    names: list[str] | None = None,
) -> None:
    if tree is None or (isinstance(tree, Scalar) and tree.value is None):
        return
    if not isinstance(tree, Table):
        raise CiError(f"{tree.source}: `variables` is {kind_of(tree)} where a mapping is needed; indent its keys.")
    for name, value in tree:
        if names is not None and name not in names:
            continue
        if isinstance(value, Table):  # the form with `value:` and `description:`
            expand = value.text("expand") != "false"
            raw[name] = (value.text("value"), tree.line_of(name), level, expand)
        elif isinstance(value, Scalar):
            raw[name] = (value.as_text, tree.line_of(name), level, True)


def _filled(name: str, values: dict[str, tuple[str, bool]], seen: tuple[str, ...]) -> str:
    text, expand = values[name]
    if not expand:
        return text

    def one(match: re.Match[str]) -> str:
        inner = match[1] or match[2] or match[3]
        if inner is None:
            return "$"
        if inner not in values or inner in (*seen, name) or len(seen) > _DEPTH:
            return hole(match[0])
        return _filled(inner, values, (*seen, name))

    return _VARIABLE.sub(one, text)


def expanded(text: str, env: Env) -> str:
    """Return `text` with the variables of `env` filled in; another one is a hole."""

    def one(match: re.Match[str]) -> str:
        name = match[1] or match[2] or match[3]
        if name is None:
            return "$"
        return env[name].text if name in env else hole(match[0])

    return _VARIABLE.sub(one, text)


def _services(tree: Tree | None, env: Env) -> list[Service]:
    """GitLab reaches a service by its alias, or by its image's name, on the container's own port."""
    found = []
    for entry in tree.values if isinstance(tree, Items) else ():
        table = entry if isinstance(entry, Table) else Table({"name": entry}, entry.source)
        image = expanded(table.text("name"), env)
        if not image:
            continue
        bare = re.sub(r"(?<!/):[^/]*$|@.*$", "", show(image))
        bare = re.sub(r"^[^/]+\.[^/]+/", "", bare) if bare.count("/") > 1 else bare
        hosts = [*re.split(r"[ ,]+", table.text("alias")), bare.replace("/", "__"), bare.replace("/", "-")]
        hosts = list(dict.fromkeys(host for host in hosts if host))
        # GitLab hands the job's variables to its services: POSTGRES_DB stands among them.
        raw: Raw = {}
        _read_variables(table.get("variables"), "service", raw)
        own = {key: EnvEntry(key, expanded(text, env), place, level) for key, (text, place, level, _) in raw.items()}
        command = tuple(scalar.as_text for scalar in scalars(table.get("command")))
        found.append(
            Service(
                name=hosts[0] if table.text("alias") else bare.rpartition("/")[2],
                image=show(image),
                source=entry.source,
                env=tuple({**env, **own}.values()),
                command=command,
                aliases=tuple(hosts),
                unresolved=holes_in(image),
            )
        )
    return found


def _matrix(job: Table) -> list[dict[str, Scalar]]:
    """Return the combinations of `parallel: matrix:`, one empty one without it."""
    parallel = job.get("parallel")
    matrix = parallel.get("matrix") if isinstance(parallel, Table) else None
    found: list[dict[str, Scalar]] = []
    for entry in matrix.values if isinstance(matrix, Items) else ():
        if isinstance(entry, Table):
            axes = [scalars(value) for _, value in entry]
            found += [dict(zip(entry.entries, chosen, strict=True)) for chosen in product(*axes)]
    return found[:200] or [{}]


def _condition(job: Table) -> str:
    rules = job.get("rules")
    tables = [rule for rule in rules.values if isinstance(rule, Table)] if isinstance(rules, Items) else []
    texts = [
        f"if: {rule.text('if')}" + (f" when: {rule.text('when')}" if rule.text("when") else "")
        for rule in tables
        if rule.text("if")
    ]
    only = [scalar.as_text for scalar in scalars(job.get("only"))]
    texts += [f"only: {', '.join(only)}"] if only else []
    texts += [f"when: {job.text('when')}"] if job.text("when") not in ("", "on_success") else []
    return "; ".join(texts)
