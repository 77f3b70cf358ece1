"""`env:` and `if:` of a GitHub workflow, job or step."""

from __future__ import annotations

from bisect_loop.conditions.ci.expressions import Context, Open, Value, condition, interpolate
from bisect_loop.conditions.ci.facts import CiError, EnvEntry, Level
from bisect_loop.conditions.ci.yamltree import Scalar, Table, Tree, kind_of, text_of

Env = dict[str, EnvEntry]


def read_env(tree: Tree | None, level: Level, context: Context, env: Env) -> None:
    """Add the variables of an `env:` mapping to `env`; they do not see one another."""
    if tree is None or (isinstance(tree, Scalar) and (tree.value is None or tree.text.startswith("${{"))):
        return
    if not isinstance(tree, Table):
        raise CiError(f"{tree.source}: `env` is {kind_of(tree)} where a mapping is needed; indent its keys.")
    for name, value in tree:
        if isinstance(value, Scalar):
            env[name] = EnvEntry(name, scalar_text(value, context), tree.line_of(name), level)


def scalar_text(value: Scalar, context: Context) -> str:
    """Return a YAML value as the text that the runner makes of it, its expressions filled in."""
    return interpolate(value.text, context) if isinstance(value.value, str) else value.as_text


def with_env(context: Context, env: Env) -> dict[str, Value]:
    """Return `context` with the `env` context; an action may have set more, so a missing name is unknown."""
    return {**context, "env": Open({name: entry.text for name, entry in env.items()})}


def holds(tree: Table, context: Context) -> bool | None:
    """Tell whether the `if:` of a job or step holds, None where a run must say; True without one."""
    found = tree.get("if")
    if not isinstance(found, Scalar):
        return True
    if not isinstance(found.value, str):
        return text_of(found.value) not in ("false", "", "0")
    return condition(found.text, context)
