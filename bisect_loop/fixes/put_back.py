"""The lines of a fixture that put one thing back: what the interpreter keeps, and names of modules."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass

from bisect_loop.model import Change

_VARIABLE = re.compile(r"os\.environ\[(['\"])(\w+)\1\]")
_LEVEL = re.compile(r"(logging\.getLogger\((?:'[\w.]*')?\))\.(level|disabled|propagate)")
_KINDS = {
    "list": re.compile(r"\[|list of \d+"),
    "dict": re.compile(r"\{\}|\{[^{}]*?:|dict of \d+"),
    "set": re.compile(r"set\(\)|\{|set of \d+"),
}


@dataclass(frozen=True, slots=True)
class Part:
    """`setup` and `teardown` are lines, in which {module} stands for `module`, a module of the application.

    `imports` is one of the standard library. `rebinds` is the global of the fixture's own module that is assigned.
    """

    setup: tuple[str, ...]
    teardown: tuple[str, ...]
    module: str = ""
    imports: str = ""
    rebinds: str = ""

    @property
    def source(self) -> str:
        """What is read before a test: two changes of one container are put back by one part."""
        return self.setup[0].partition(" = ")[2]


def of_process(what: str, before: str) -> Part | None:
    """Put back `what` the process or the standard library keeps; `before` is a free name."""
    variable = _VARIABLE.fullmatch(what)
    if variable is not None:
        name = variable[2]
        return Part(
            (f'{before} = os.environ.get("{name}")',),
            (
                f"if {before} is None:",
                f'    os.environ.pop("{name}", None)',
                "else:",
                f'    os.environ["{name}"] = {before}',
            ),
            imports="os",
        )
    level = _LEVEL.fullmatch(what)
    if level is not None:
        logger, attribute = level.groups()
        put = f"{logger}.setLevel({before})" if attribute == "level" else f"{what} = {before}"
        return Part((f"{before} = {what}",), (put,), imports="logging")
    known = {
        "the working directory": ("os.getcwd()", "os.chdir({})", "os"),
        "sys.path": ("list(sys.path)", "sys.path[:] = {}", "sys"),
        "sys.argv": ("list(sys.argv)", "sys.argv[:] = {}", "sys"),
        "logging.root.manager.disable": ("logging.root.manager.disable", "logging.disable({})", "logging"),
        "locale.setlocale(LC_ALL)": (
            "locale.setlocale(locale.LC_ALL)",
            "locale.setlocale(locale.LC_ALL, {})",
            "locale",
        ),
    }.get(what)
    if known is None:
        return None
    read, put, module = known
    return Part((f"{before} = {read}",), (put.format(before),), imports=module)


def of_name(rest: str, change: Change, before: str, module: str = "") -> Part | None:
    """Put back `rest`, a path in `module`, in the fixture's own where none is named; `before` is a free name.

    A container keeps its identity where it was changed in place; everything else is assigned.
    """
    node = ast.parse(rest, mode="eval").body
    prefix = f"{{{module}}}." if module else ""
    if isinstance(node, ast.Subscript):
        return _in_place("dict", f"{prefix}{ast.unparse(node.value)}", before, module)
    if not isinstance(node, ast.Name | ast.Attribute):
        return None
    whole = f"{prefix}{rest}"
    if not change.before:
        return _gone(whole, before, module)
    kind = _kind(change.before)
    if kind is not None and kind == _kind(change.after):
        return _in_place(kind, whole, before, module)
    return Part((f"{before} = {whole}",), (f"{whole} = {before}",), module, rebinds="" if "." in whole else whole)


def _kind(text: str) -> str | None:
    """The container that a text for people shows."""
    return next((kind for kind, pattern in _KINDS.items() if pattern.match(text)), None)


def _in_place(kind: str, whole: str, before: str, module: str) -> Part:
    back = (f"{whole}[:] = {before}",) if kind == "list" else (f"{whole}.clear()", f"{whole}.update({before})")
    return Part((f"{before} = {kind}({whole})",), back, module)


def _gone(whole: str, before: str, module: str) -> Part:
    """What was not there goes again. A class may have a default of that name: what is asked is who keeps it."""
    parent, _, name = whole.rpartition(".")
    if not parent:
        there, forget = f'"{name}" in globals()', f'globals().pop("{name}", None)'
        return Part((f"had_{before} = {there}",), (f"if not had_{before}:", f"    {forget}"))
    there = f'"{name}" in vars({parent})'
    return Part((f"had_{before} = {there}",), (f"if not had_{before} and {there}:", f"    del {whole}"), module)
