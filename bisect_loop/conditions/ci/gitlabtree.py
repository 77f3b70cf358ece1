"""A `.gitlab-ci.yml` with its `include`, `extends` and `!reference` applied.

The rules are GitLab's "CI/CD YAML syntax reference": included files come first and are overridden key by key;
`extends` merges mappings at every depth and replaces everything else; a later parent wins.
"""

from __future__ import annotations

from bisect_loop.conditions.ci.facts import CiError, Unresolved
from bisect_loop.conditions.ci.files import Files
from bisect_loop.conditions.ci.yamltree import Items, Reference, Scalar, Table, Tree, kind_of, load, scalars

_DEPTH = 11  # GitLab's own limit for extends


def read_tree(files: Files, path: str, unresolved: list[Unresolved], seen: tuple[str, ...] = ()) -> Table:
    """Return the content of `path` over that of the files of this repository that it includes.

    What is included from elsewhere is added to `unresolved`.
    """
    text = files.text(path)
    if text is None:
        raise CiError(f"{path}: there is no such file in the repository; name one that is there.")
    tree = load(text, path)
    if not isinstance(tree, Table):
        raise CiError(f"{tree.source}: this is not a GitLab CI file: it is {kind_of(tree)}, not a mapping of jobs.")
    base = Table({}, tree.source)
    for included, entry in _includes(files, tree):
        if included is None:
            what = entry.text if isinstance(entry, Scalar) else ", ".join(entry.entries)
            unresolved.append(Unresolved(f"include: {what}", "it is not a file of this repository", entry.source))
        elif included not in seen and len(seen) < _DEPTH:
            base = merge(base, read_tree(files, included, unresolved, (*seen, path)))
    return merge(base, tree)


def _includes(files: Files, tree: Table) -> list[tuple[str | None, Scalar | Table]]:
    include = tree.get("include")
    entries = include.values if isinstance(include, Items) else (include,) if include else ()
    found: list[tuple[str | None, Scalar | Table]] = []
    for entry in entries:
        if isinstance(entry, Scalar):
            named = "" if "://" in entry.text else entry.text
        elif isinstance(entry, Table):
            named = entry.text("local")
        else:
            continue
        paths = files.glob(".", named.lstrip("/")) if "*" in named else [named.lstrip("/")]
        there = [path for path in paths if path and files.text(path) is not None]
        found += [(path, entry) for path in there] or [(None, entry)]
    return found


def merge(base: Table, over: Table) -> Table:
    """Return `base` with `over` on top; mappings are merged at every depth, everything else is replaced."""
    entries = dict(base.entries)
    for key, value in over:
        below = entries.get(key)
        entries[key] = merge(below, value) if isinstance(below, Table) and isinstance(value, Table) else value
    return Table(entries, over.source, {**base.lines, **over.lines})


def resolved(tree: Table, name: str, depth: int = 0) -> Table:
    """Return the job `name` with what it extends. CiError where a parent is missing or the chain is a circle."""
    job = tree.get(name)
    if not isinstance(job, Table):
        raise CiError(f"{tree.line_of(name)}: `{name}` is not a job, so nothing can extend it.")
    base = Table({}, job.source)
    for parent in scalars(job.get("extends")):
        if parent.text not in tree.entries:
            raise CiError(f"{parent.source}: `extends: {parent.text}` names no job; add it or mend the name.")
        if depth >= _DEPTH:
            raise CiError(f"{parent.source}: `extends` goes deeper than {_DEPTH} jobs; break the circle.")
        base = merge(base, resolved(tree, parent.text, depth + 1))
    return merge(base, job)


def dereferenced(tree: Table, value: Tree | None, depth: int = 0) -> Tree | None:
    """Return `value` with every `!reference [job, key]` replaced by what stands there."""
    if depth > _DEPTH:
        return value
    if isinstance(value, Reference):
        found: Tree | None = tree
        for at, key in enumerate(value.path):
            found = resolved(tree, key) if at == 0 and isinstance(tree.get(key), Table) else _under(found, key)
        if found is None:
            raise CiError(f"{value.source}: `!reference [{', '.join(value.path)}]` names nothing; mend the path.")
        return dereferenced(tree, found, depth + 1)
    if isinstance(value, Items):
        inner = (dereferenced(tree, item, depth + 1) for item in value.values)
        return Items(tuple(item for item in inner if item is not None), value.source)
    if isinstance(value, Table):
        pairs = ((key, dereferenced(tree, item, depth + 1)) for key, item in value)
        return Table({key: item for key, item in pairs if item is not None}, value.source, value.lines)
    return value


def _under(tree: Tree | None, key: str) -> Tree | None:
    return tree.get(key) if isinstance(tree, Table) else None
