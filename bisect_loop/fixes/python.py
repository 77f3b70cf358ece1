"""Edits of Python source through libcst: formatting and comments stay as they are."""

from __future__ import annotations

import ast
import io
import re
import sys
import tokenize
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import cast

import libcst as cst
from libcst.codemod import CodemodContext
from libcst.codemod.visitors import AddImportsVisitor
from libcst.metadata import CodeRange, MetadataWrapper, ParentNodeProvider, PositionProvider


@dataclass(frozen=True, slots=True)
class Import:
    """`import module`, or with `name` `from module import name`; with `alias` under that name."""

    module: str
    name: str | None = None
    alias: str | None = None

    @property
    def bound(self) -> str:
        """How code writes what is imported."""
        return self.alias or self.name or self.module


class Source:
    """One parsed file. Raises ValueError where it cannot be parsed."""

    def __init__(self, text: str) -> None:
        try:
            self._wrapper = MetadataWrapper(cst.parse_module(text))
        except cst.ParserSyntaxError as error:
            raise ValueError(str(error)) from error
        self.module = self._wrapper.module
        self._positions = self._wrapper.resolve(PositionProvider)
        self._parents = self._wrapper.resolve(ParentNodeProvider)

    def range(self, node: cst.CSTNode) -> CodeRange:
        return self._positions[node]

    def line(self, node: cst.CSTNode) -> int:
        return self.range(node).start.line

    def parent(self, node: cst.CSTNode) -> cst.CSTNode | None:
        return self._parents.get(node)

    def code(self, node: cst.CSTNode) -> str:
        """The text of a node."""
        return self.module.code_for_node(node)

    def covering(self, line: int, kind: type[cst.CSTNode]) -> list[cst.CSTNode]:
        """The nodes of a kind whose lines hold `line`, the innermost first."""
        found = [
            (place.end.line - place.start.line, node)
            for node, place in self._positions.items()
            if isinstance(node, kind) and place.start.line <= line <= place.end.line
        ]
        return [node for _, node in sorted(found, key=lambda pair: pair[0])]

    def statement(self, line: int) -> cst.SimpleStatementLine | None:
        """The simple statement (of one or more lines) that holds `line`."""
        found = self.covering(line, cst.SimpleStatementLine)
        return cast(cst.SimpleStatementLine, found[0]) if found else None

    def calls(self, line: int) -> list[cst.Call]:
        """The calls whose lines hold `line`, the innermost first."""
        return [cast(cst.Call, node) for node in self.covering(line, cst.Call)]

    def function(self, line: int) -> cst.FunctionDef | None:
        """The innermost function around `line`, decorators counted."""
        for decorator in self.covering(line, cst.Decorator):  # these stand before the range of the function itself
            parent = self.parent(decorator)
            if isinstance(parent, cst.FunctionDef):
                return parent
        found = self.covering(line, cst.FunctionDef)
        return cast(cst.FunctionDef, found[0]) if found else None

    def replaced(self, old: cst.CSTNode, new: cst.CSTNode, imports: Sequence[Import] = ()) -> str:
        """The text of the module with one node replaced, and with what is imported for it."""
        return with_imports(cast(cst.Module, self.module.deep_replace(old, new)), imports)


def with_imports(module: cst.Module, imports: Sequence[Import]) -> str:
    """The text of `module` with imports that it lacks added where its own stand."""
    context = CodemodContext()
    for one in imports:
        AddImportsVisitor.add_needed_import(context, one.module, one.name, one.alias if one.alias != one.name else None)
    return AddImportsVisitor(context).transform_module(module).code if imports else module.code


def expression(text: str) -> cst.BaseExpression:
    """Parse an expression."""
    return cst.parse_expression(text)


def with_argument(source: Source, call: cst.Call, name: str, value: str, imports: Sequence[Import]) -> str | None:
    """The text with `name=value` as one more argument of `call`, in the style of its own; None where it has it."""
    if any(arg.keyword is not None and arg.keyword.value == name for arg in call.args):
        return None
    return source.replaced(call, added_argument(call, name, value), imports)


def added_argument(call: cst.Call, name: str, value: str) -> cst.Call:
    """`call` with one more argument."""
    bare = cst.MaybeSentinel.DEFAULT
    equal = cst.AssignEqual(cst.SimpleWhitespace(""), cst.SimpleWhitespace(""))
    new = cst.Arg(expression(value), cst.Name(name), equal, comma=bare)
    if not call.args:
        return call.with_changes(args=[new])
    *others, last = call.args
    inner = _between(call, others)
    if isinstance(last.comma, cst.Comma):  # a trailing comma: one argument a line, most likely
        after = last.comma.whitespace_after
        if isinstance(after, cst.ParenthesizedWhitespace) and after.first_line.comment is not None:
            # The comment is about the argument before it.
            first = after.first_line
            kept = last.with_changes(comma=cst.Comma(whitespace_after=_with_first_line(inner, first)))
            after = _with_first_line(after, cst.TrailingWhitespace())
        else:
            kept = last.with_changes(comma=cst.Comma(whitespace_after=inner))
        return call.with_changes(args=[*others, kept, new.with_changes(comma=cst.Comma(whitespace_after=after))])
    closing = last.whitespace_after_arg
    kept = last.with_changes(comma=cst.Comma(whitespace_after=inner), whitespace_after_arg=cst.SimpleWhitespace(""))
    return call.with_changes(args=[*others, kept, new.with_changes(whitespace_after_arg=closing)])


def _between(call: cst.Call, others: Sequence[cst.Arg]) -> cst.BaseParenthesizableWhitespace:
    """What stands between two arguments, comments apart; for a single one, a line break where it has its own line."""
    found: cst.BaseParenthesizableWhitespace = cst.SimpleWhitespace(" ")
    if others and isinstance(others[-1].comma, cst.Comma):
        found = others[-1].comma.whitespace_after
    elif isinstance(call.whitespace_before_args, cst.ParenthesizedWhitespace):
        found = call.whitespace_before_args
    return _with_first_line(found, cst.TrailingWhitespace())


def _with_first_line(
    space: cst.BaseParenthesizableWhitespace, line: cst.TrailingWhitespace
) -> cst.BaseParenthesizableWhitespace:
    """A line break with another end of the line before it; a blank stays a blank."""
    return space.with_changes(first_line=line) if isinstance(space, cst.ParenthesizedWhitespace) else space


def appended(text: str, code: str, imports: Sequence[Import]) -> str:
    """`text` with top-level `code` at its end, two blank lines before it, in the line ends of the file."""
    module = cst.parse_module(text)
    newline = module.default_newline
    kept = text.rstrip("\r\n")
    glue = newline * 3 if kept else ""
    whole = cst.parse_module(kept + glue + code.replace("\n", newline))
    return with_imports(whole, imports)


def fresh(doc: str, code: str, imports: Sequence[Import], own: Callable[[str], bool]) -> str:
    """A new module of `code`: imports in groups (standard library, installed ones, the project's `own`), sorted."""
    groups: list[list[Import]] = [[], [], []]
    for one in dict.fromkeys(imports):
        standard = one.module.partition(".")[0] in sys.stdlib_module_names
        groups[0 if standard else 2 if own(one.module) else 1].append(one)
    written = ["\n".join(_statements(group)) for group in groups if group]
    return "\n\n".join([f'"""{doc}"""', *written]) + f"\n\n\n{code}"


def _statements(imports: Sequence[Import]) -> list[str]:
    """The statements that import, those of whole modules first."""
    whole = [one for one in imports if one.name is None]
    lines = [f"import {one.module}{_as(one, one.module)}" for one in sorted(whole, key=lambda one: one.module)]
    named = sorted({(one.module, f"{one.name}{_as(one, one.name)}") for one in imports if one.name is not None})
    for module in dict.fromkeys(module for module, _ in named):
        names = [name for other, name in named if other == module]
        plain = [name for name in names if " as " not in name]
        lines += [f"from {module} import {', '.join(plain)}"] if plain else []
        lines += [f"from {module} import {name}" for name in names if name not in plain]
    return lines


def _as(one: Import, name: str) -> str:
    return f" as {one.alias}" if one.alias not in (None, name) else ""


def double_quoted(code: str) -> str:
    """`code` with double quotes around its strings, where none in them would have to be escaped for it."""
    lines = code.splitlines(keepends=True)
    for token in reversed(list(tokenize.generate_tokens(io.StringIO(code).readline))):
        (row, start), (last, end) = token.start, token.end
        if token.type == tokenize.STRING and row == last and (match := _SINGLE_QUOTED.fullmatch(token.string)):
            line = lines[row - 1]
            lines[row - 1] = f'{line[:start]}{match[1]}"{match[2]}"{line[end:]}'
    return "".join(lines)


_SINGLE_QUOTED = re.compile(r"([bru]*)'([^'\"\\]*)'", re.IGNORECASE)


def names_of(text: str) -> set[str]:
    """Every name in a module. Raises ValueError where it cannot be parsed."""
    found: set[str] = set()

    class _Names(cst.CSTVisitor):
        def visit_Name(self, node: cst.Name) -> None:
            found.add(node.value)

    Source(text).module.visit(_Names())
    return found


def free_name(wanted: str, taken: Callable[[str], bool]) -> str:
    """`wanted`, with a number behind it where that name is taken."""
    if not taken(wanted):
        return wanted
    return next(name for number in range(2, 1000) if not taken(name := f"{wanted}_{number}"))


def import_of(module: str, bound: set[str], taken: set[str]) -> Import:
    """Import `module` by its own name; by another where that would hide a name of the file, or be hidden by it."""
    package, _, last = module.rpartition(".")
    if module.partition(".")[0] not in bound:
        return Import(module)
    alias = free_name(last if package else f"{last}_module", taken.__contains__)
    return Import(package, last, alias) if package else Import(module, None, alias)


def imported(text: str) -> tuple[dict[str, str], set[str]]:
    """The modules that a file imports at its top, each with its name there; and what else it binds there."""
    found: dict[str, str] = {}
    bound: set[str] = set()
    for node in ast.parse(text).body:
        if isinstance(node, ast.Import):
            found.update((alias.name, alias.asname or alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                name = alias.asname or alias.name
                bound.add(name)
                if node.module and not node.level:
                    found.setdefault(f"{node.module}.{alias.name}", name)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            bound.add(node.name)
        else:
            stored = (one for one in ast.walk(node) if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store))
            bound.update(one.id for one in stored)
    return found, bound
