"""The scopes of one module: what each defines, imports, mentions and calls.

The tree itself is not kept (it is some hundred times the size of the text); it is parsed again for the few modules
that need a closer look.
"""

from __future__ import annotations

import ast
import io
import tokenize
import warnings
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from bisect_loop.scan.model import Place

Chain = tuple[str, ...]
FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(slots=True)
class Decorator:
    """A decorator: the dotted name as written, and the call where it is one."""

    chain: Chain
    call: ast.Call | None
    line: int


@dataclass(eq=False, slots=True)
class Scope:
    """A module, a class body or a function.

    `refs` maps each dotted name that is read, as written, to the first line that reads it; `calls` holds those
    that are called, `rebinds` those that are assigned or deleted (attributes, and names of the module).
    Of the `params` the first `positional` ones can be passed by position, and `vararg` takes what is left over.
    `values` keeps what is assigned to the names of modules and classes. `types` holds the dotted names in the
    annotations of parameters, and of the names of modules and classes.
    """

    kind: Literal["module", "class", "function"]
    name: str
    qualname: str
    module: Module
    parent: Scope | None
    line: int = 1
    column: int = 0
    is_async: bool = False
    has_yield: bool = False
    params: tuple[str, ...] = ()
    positional: int = 0
    vararg: str = ""
    types: dict[str, tuple[Chain, ...]] = field(default_factory=dict)
    decorators: tuple[Decorator, ...] = ()
    bases: tuple[Chain, ...] = ()
    metaclass: Chain = ()
    children: dict[str, Scope] = field(default_factory=dict)
    imports: dict[str, str] = field(default_factory=dict)
    stars: list[str] = field(default_factory=list)
    assigned: set[str] = field(default_factory=set)
    globals: set[str] = field(default_factory=set)
    refs: dict[Chain, int] = field(default_factory=dict)
    calls: set[Chain] = field(default_factory=set)
    rebinds: dict[Chain, int] = field(default_factory=dict)
    values: dict[str, list[ast.expr]] = field(default_factory=dict)

    @property
    def place(self) -> Place:
        return Place(self.module.path, self.line, self.column + 1)

    @property
    def dotted(self) -> str:
        """The dotted name from the module down."""
        return f"{self.module.name}.{self.qualname}" if self.qualname else self.module.name

    @property
    def owner(self) -> Scope | None:
        """The class that this function is a method of."""
        return self.parent if self.kind == "function" and self.parent and self.parent.kind == "class" else None

    @property
    def is_nested(self) -> bool:
        """Whether a function lies around this scope."""
        scope = self.parent
        while scope is not None:
            if scope.kind == "function":
                return True
            scope = scope.parent
        return False

    def is_decorated(self, *names: str) -> bool:
        """Tell whether a decorator's last part is one of `names`."""
        return any(decorator.chain[-1] in names for decorator in self.decorators)


@dataclass(eq=False)
class Module:
    """One parsed file. `name` is its dotted name for people, `base` the directory that imports it start from."""

    path: str
    name: str
    base: str
    is_package: bool
    source: bytes
    scope: Scope = field(init=False)
    scopes: list[Scope] = field(default_factory=list)
    imported: set[str] = field(default_factory=set)
    strings: set[str] = field(default_factory=set)

    @property
    def directory(self) -> str:
        return self.path.rpartition("/")[0]

    @cached_property
    def lines(self) -> list[str]:
        """The physical lines as Python counts them: form feeds and Unicode separators end none."""
        encoding, _ = tokenize.detect_encoding(io.BytesIO(self.source).readline)
        text = self.source.decode(encoding, "replace")
        return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")

    @cached_property
    def tree(self) -> ast.Module:
        """The tree, parsed again."""
        return parse(self.source, self.path)

    @cached_property
    def _nodes(self) -> dict[tuple[int, int], ast.AST]:
        found: dict[tuple[int, int], ast.AST] = {}
        waiting: list[ast.AST] = [self.tree]
        while waiting:
            node = waiting.pop()
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                found[node.lineno, node.col_offset] = node
            for part in ("body", "orelse", "finalbody", "handlers", "cases"):
                below = getattr(node, part, ())
                if isinstance(below, list):
                    waiting.extend(below)
        return found

    def node(self, scope: Scope) -> ast.AST:
        """The tree below `scope`."""
        return self.tree if scope.kind == "module" else self._nodes[scope.line, scope.column]

    def place(self, node: ast.AST) -> Place:
        """Where `node` begins. The tree counts columns in UTF-8 bytes whatever the file is in; people do not."""
        line, offset = getattr(node, "lineno", 1), getattr(node, "col_offset", 0)
        text = self.lines[line - 1] if line <= len(self.lines) else ""
        return Place(self.path, line, len(text.encode("utf-8")[:offset].decode("utf-8", "replace")) + 1)


def parse(source: bytes, path: str) -> ast.Module:
    """Parse a file's bytes; the encoding is the one that it declares (PEP 263).

    Raises SyntaxError, ValueError (null bytes), RecursionError or MemoryError (absurd nesting).
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # invalid escapes are the user's own linter's matter
        return ast.parse(source, filename=path)


def chain_of(node: ast.AST) -> Chain:
    """Return a dotted name as its parts: `a.b[0].c` is a, b, [], c. "()" stands for a root that is no name."""
    parts: list[str] = []
    while isinstance(node, (ast.Attribute, ast.Subscript)):
        parts.append(node.attr if isinstance(node, ast.Attribute) else "[]")
        node = node.value
    parts.append(node.id if isinstance(node, ast.Name) else "()")
    return tuple(reversed(parts))
