"""YAML read into a small tree in which every value knows its line.

PyYAML composes the nodes; their scalars are then read by the YAML 1.2 core schema, as CI systems do, and not by
PyYAML's own YAML 1.1: there `on`, `yes` and `no` are booleans and 12:30 is a number.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import yaml

from bisect_loop.conditions.ci.facts import CiError, Source
from bisect_loop.conditions.ci.holes import scrub

LIMIT = 1_000_000  # characters; no CI file is longer, and an alias bomb is short but must not grow

_INT = re.compile(r"[-+]?[0-9]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_MERGE = "<<"


@dataclass(frozen=True, slots=True)
class Scalar:
    """A scalar. `text` is what is written; `plain` says that it stands there without quotes."""

    text: str
    source: Source
    plain: bool = False
    style: str = ""

    @property
    def value(self) -> str | float | bool | None:
        """The value by the YAML 1.2 core schema; numbers are floats, as in GitHub's expressions."""
        if not self.plain:
            return self.text
        if self.text in ("", "~", "null", "Null", "NULL"):
            return None
        if self.text in ("true", "True", "TRUE"):
            return True
        if self.text in ("false", "False", "FALSE"):
            return False
        if _INT.fullmatch(self.text) or _FLOAT.fullmatch(self.text):
            return float(self.text)
        if re.fullmatch(r"0x[0-9a-fA-F]+|0o[0-7]+", self.text):
            return float(int(self.text, 0))
        return self.text

    @property
    def as_text(self) -> str:
        """The value as an environment variable gets it: 3.10 becomes "3.1", True "true", null ""."""
        return text_of(self.value)

    @property
    def first_line(self) -> int:
        """The line on which the text itself begins: a block scalar's is the one after its `|`."""
        return self.source.line + (1 if self.style in ("|", ">") else 0)


@dataclass(frozen=True, slots=True)
class Items:
    """A sequence."""

    values: tuple[Tree, ...]
    source: Source


@dataclass(frozen=True, slots=True)
class Reference:
    """GitLab's `!reference [job, key]`."""

    path: tuple[str, ...]
    source: Source


@dataclass(frozen=True, slots=True)
class Table:
    """A mapping, in the order written, merge keys applied. Keys are text as written: "on" stays "on"."""

    entries: dict[str, Tree]
    source: Source
    lines: dict[str, Source] = field(default_factory=dict)

    def get(self, key: str) -> Tree | None:
        return self.entries.get(key)

    def table(self, key: str) -> Table | None:
        """The mapping under `key`; None where there is none or it is empty. CiError where it is another thing."""
        found = self.entries.get(key)
        if found is None or (isinstance(found, Scalar) and found.value is None):
            return None
        if not isinstance(found, Table):
            raise CiError(f"{found.source}: `{key}` is {kind_of(found)} where a mapping is needed; indent its keys.")
        return found

    def text(self, key: str) -> str:
        """The scalar under `key` as text, "" where there is none."""
        found = self.entries.get(key)
        return found.as_text if isinstance(found, Scalar) else ""

    def line_of(self, key: str) -> Source:
        """Where `key` is written."""
        return self.lines.get(key, self.source)

    def __iter__(self) -> Iterator[tuple[str, Tree]]:
        return iter(self.entries.items())


Tree = Scalar | Items | Table | Reference


def text_of(value: object) -> str:
    """Return `value` as the text that GitHub's expressions make of it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return format(value, ".15g")
    return str(value)


def scalars(tree: Tree | None) -> tuple[Scalar, ...]:
    """Return the scalars of a scalar or of a list, nested lists flattened (GitLab allows ten levels)."""
    if isinstance(tree, Scalar):
        return (tree,) if tree.value is not None else ()
    if isinstance(tree, Items):
        return tuple(scalar for value in tree.values for scalar in scalars(value))
    return ()


def kind_of(tree: Tree) -> str:
    return {Scalar: "a single value", Items: "a list", Table: "a mapping", Reference: "a !reference"}[type(tree)]


def load(text: str, file: str) -> Tree:
    """Read the first YAML document of `text`; `file` is the name to show. CiError where it is no YAML."""
    if len(text) > LIMIT:
        raise CiError(f"{file}: {len(text):,} characters are too many for a CI file; name another file.")
    try:
        node = next(iter(yaml.compose_all(scrub(text), Loader=yaml.SafeLoader)), None)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        begun = error.context_mark.line + 1 if error.context_mark else line
        where = f", in what begins at line {begun}" if begun != line else ""
        problem = error.problem or error.context
        raise CiError(f"{file}:{line}: not valid YAML: {problem}{where}; mend it there.") from error
    except RecursionError as error:
        raise CiError(f"{file}:1: nested too deeply for a CI file; name another file.") from error
    except yaml.YAMLError as error:
        raise CiError(f"{file}:1: not valid YAML: {' '.join(str(error).split())}; mend the file.") from error
    if node is None:
        raise CiError(f"{file}:1: the file is empty.")
    return _Builder(file).build(node)


class _Builder:
    def __init__(self, file: str) -> None:
        self._file = file
        self._done: dict[yaml.Node, Tree] = {}
        self._open: set[yaml.Node] = set()

    def build(self, node: yaml.Node) -> Tree:
        if node in self._done:
            return self._done[node]
        source = Source(self._file, node.start_mark.line + 1)
        if node in self._open:
            raise CiError(f"{source}: the anchor refers to itself; break the circle.")
        self._open.add(node)
        tree: Tree
        if isinstance(node, yaml.MappingNode):
            tree = self._table(node, source)
        elif isinstance(node, yaml.SequenceNode) and node.tag == "!reference":
            tree = Reference(tuple(str(value.value) for value in node.value), source)
        elif isinstance(node, yaml.SequenceNode):
            tree = Items(tuple(self.build(value) for value in node.value), source)
        else:
            style = getattr(node, "style", None) or ""
            tree = Scalar(str(node.value), source, plain=not style, style=style)
        self._open.discard(node)
        self._done[node] = tree
        return tree

    def _table(self, node: yaml.MappingNode, source: Source) -> Table:
        entries: dict[str, Tree] = {}
        merged: dict[str, Tree] = {}
        lines: dict[str, Source] = {}
        for key, value in node.value:
            name = str(key.value) if isinstance(key, yaml.ScalarNode) else ""
            if name == _MERGE:
                for table in self._merge_from(value):
                    for other, tree in table:
                        merged.setdefault(other, tree)
                        lines.setdefault(other, table.line_of(other))
                continue
            entries[name] = self.build(value)
            lines[name] = Source(self._file, key.start_mark.line + 1)
        return Table({**merged, **entries}, source, lines)

    def _merge_from(self, node: yaml.Node) -> list[Table]:
        tree = self.build(node)
        tables = tree.values if isinstance(tree, Items) else (tree,)
        return [table for table in tables if isinstance(table, Table)]
