"""GitHub's matrix: the product of its lists, less `exclude`, plus `include`."""

from __future__ import annotations

from itertools import product
from typing import Any

from bisect_loop.conditions.ci.expressions import Context, Open, Unknown, Value, evaluate_text
from bisect_loop.conditions.ci.holes import hole, show
from bisect_loop.conditions.ci.yamltree import Items, Scalar, Table, Tree, text_of

LIMIT = 256  # GitHub's own: a matrix makes at most so many jobs

Combination = dict[str, Any]


def expand(matrix: Tree | None, context: Context) -> list[Combination]:
    """Return the combinations that `matrix` makes, in GitHub's order; one empty one without a matrix.

    A list that only a run knows gives one combination in which that key is a hole.
    """
    if isinstance(matrix, Scalar):
        whole = evaluate_text(matrix.text, context)
        if not isinstance(whole, dict):
            return [Open() if isinstance(whole, Unknown) else {}]
        return _combine(whole)
    if not isinstance(matrix, Table):
        return [{}]
    return _combine({key: _listed(key, tree, context) for key, tree in matrix})


def label(value: Value) -> str:
    """Return a matrix value for people."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {label(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(label(inner) for inner in value) + "]"
    return show(text_of(value))


def value_of(tree: Tree, context: Context) -> Value:
    """Return the value of a YAML tree, its expressions evaluated."""
    if isinstance(tree, Table):
        return {key: value_of(inner, context) for key, inner in tree}
    if isinstance(tree, Items):
        return [value_of(inner, context) for inner in tree.values]
    if not isinstance(tree, Scalar):
        return Unknown()
    if tree.plain and not isinstance(tree.value, str):
        return tree.value
    value = evaluate_text(tree.text, context)
    return hole(tree.text) if isinstance(value, Unknown) else value


def _listed(key: str, tree: Tree, context: Context) -> list[Value]:
    value = value_of(tree, context)
    if isinstance(value, list):
        return value
    return [] if key in ("include", "exclude") else [value]


def _combine(matrix: dict[str, Any]) -> list[Combination]:
    keys = [key for key in matrix if key not in ("include", "exclude")]
    axes = [matrix[key] if isinstance(matrix[key], list) else [matrix[key]] for key in keys]
    originals = [dict(zip(keys, values, strict=True)) for values in _bounded(axes)] if keys else []
    for entry in matrix.get("exclude") or []:
        originals = [combination for combination in originals if not _matches(entry, combination)]
    combined: list[Combination] = [dict(original) for original in originals]
    added: list[Combination] = []
    for entry in matrix.get("include") or []:
        if not isinstance(entry, dict):
            continue
        # Only the keys of the original matrix must agree; what another include added may be overwritten.
        hosts = [
            whole
            for original, whole in zip(originals, combined, strict=True)
            if all(original[key] == value for key, value in entry.items() if key in original)
        ]
        for whole in hosts:
            whole.update(entry)
        if not hosts:
            added.append(dict(entry))
    return (combined + added)[:LIMIT] or [{}]


def _bounded(axes: list[list[Any]]) -> list[tuple[Any, ...]]:
    size = 1
    for axis in axes:
        size *= len(axis)
    # Excludes come after, so a product may be larger than what GitHub runs; this bound is against nonsense only.
    return list(product(*axes)) if size <= 100 * LIMIT else []


def _matches(pattern: Any, value: Any) -> bool:
    """Tell whether `pattern` agrees with `value` in every key that it has, at every depth."""
    if isinstance(pattern, dict) and isinstance(value, dict):
        return all(key in value and _matches(inner, value[key]) for key, inner in pattern.items())
    return bool(pattern == value)
