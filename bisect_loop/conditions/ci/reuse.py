"""Composite actions and reusable workflows of the same repository: where they are, and their inputs."""

from __future__ import annotations

from bisect_loop.conditions.ci.expressions import Context, Unknown, Value
from bisect_loop.conditions.ci.files import Files
from bisect_loop.conditions.ci.holes import hole
from bisect_loop.conditions.ci.matrix import value_of
from bisect_loop.conditions.ci.yamltree import Table, load


def action_tree(files: Files, used: str) -> Table | None:
    """Return the content of the action that `uses: ./path` names, None where it is not there."""
    directory = files.join(".", used)
    for name in ("action.yml", "action.yaml"):
        path = files.join(directory, name) if directory else None
        text = files.text(path)
        if path and text is not None:
            tree = load(text, path)
            return tree if isinstance(tree, Table) else None
    return None


def called_with(workflow: Table) -> Table:
    """Return the part of a reusable workflow that declares its inputs."""
    on = workflow.get("on")
    call = on.get("workflow_call") if isinstance(on, Table) else None
    return call if isinstance(call, Table) else workflow


def inputs_of(declared: Table, given: Table | None, context: Context) -> dict[str, Value]:
    """Return the inputs: what the caller gives, else the declared defaults, else nothing."""
    inputs: dict[str, Value] = {}
    table = declared.get("inputs")
    for name, entry in table if isinstance(table, Table) else ():
        default = entry.get("default") if isinstance(entry, Table) else None
        inputs[name] = None if default is None else value_of(default, context)
    for name, tree in given or ():
        value = value_of(tree, context)
        inputs[name] = hole(f"${{{{ inputs.{name} }}}}") if isinstance(value, Unknown) else value
    return inputs
