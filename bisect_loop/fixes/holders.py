"""Holders as Python that a fixture can run: what to remember before a test, what to put back after it."""

from __future__ import annotations

import ast
import keyword
import re
from collections.abc import Sequence
from dataclasses import dataclass

from bisect_loop.fixes.ground import Ground
from bisect_loop.provenance.record import Held, Way

_STATE = re.compile(r"\._state\['(\w+)'\]")
_WORD = re.compile(r"\w+")
_TOPS = ("", "src/", "lib/")  # folders that are put on sys.path most often


@dataclass(frozen=True, slots=True)
class Reset:
    """`setup` and `teardown` are lines for a fixture, in which {module} stands for `module`."""

    module: str
    path: str  # "{backend.audit}.EMITTER.bus"
    name: str  # what the holder is called, for names of fixtures and variables
    setup: tuple[str, ...]
    teardown: tuple[str, ...]


def module_of(held: Held) -> tuple[str, str] | None:
    """(module, the rest of the path, "EMITTER.bus"); None for what no module of the application holds."""
    file = held.file.rpartition("/")[2]
    if not held.file or not held.name or file.startswith(("test_", "conftest")) or file.endswith("_test.py"):
        return None
    at = re.search(rf"\.{re.escape(held.name)}(?![\w])", held.holder)
    return None if at is None else (held.holder[: at.start()], held.holder[at.start() + 1 :])


def module_of_file(path: str) -> str | None:
    """The name under which the application imports a file; None for a file of the tests, and for a script beside it."""
    name = path.rpartition("/")[2]
    tested = name.startswith(("test_", "conftest")) or name.endswith("_test.py") or "tests" in path.split("/")[:-1]
    if tested:
        return None
    stem = next((path[len(top) :] for top in _TOPS if top and path.startswith(top)), path)
    parts = stem.removesuffix(".py").removesuffix("/__init__").split("/")
    return ".".join(parts) if all(part.isidentifier() for part in parts) else None


def python_path(text: str) -> str | None:
    """A path as an expression, None where it is none: names, attributes, constant keys and plain calls only."""
    text = _STATE.sub(r".\1", text)
    try:
        node: ast.expr = ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError):
        return None
    while not isinstance(node, ast.Name):
        keyed = isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant)
        if isinstance(node, ast.Attribute) or (keyed and isinstance(node, ast.Subscript)):
            node = node.value
        elif isinstance(node, ast.Call) and not node.args and not node.keywords:
            node = node.func
        else:
            return None
    return text


def path_on(way: Way, holders: Sequence[Held], end: int) -> tuple[str, str] | None:
    """(module, path) of the object at one step of a way, as an expression that begins with the first holder's module.

    The way may begin in a module that only imports the holder's name.
    """
    placed = module_of(holders[0]) if holders else None
    start, *labels = (step.label for step in way.steps[: end + 1])
    if placed is None:
        return None
    module, name = placed[0], holders[0].name
    if start != module and re.match(rf"\.{re.escape(name)}(?!\w)", "".join(labels)):
        start = module
    whole = python_path(start + "".join(labels))
    return None if whole is None or not whole.startswith(f"{module}.") else (module, whole)


def resets(ground: Ground, holders: Sequence[Held]) -> list[Reset] | None:
    """How to put back what each holder held before a test; None where one of them cannot be."""
    found: list[Reset] = []
    for held in holders:
        placed = module_of(held)
        path = None if placed is None else python_path(placed[1])
        if placed is None or path is None:
            return None
        one = _reset(placed[0], _from_global(ground, held, path), len(holders) > 1)
        if one not in found:
            found.append(one)
    return found or None


def _from_global(ground: Ground, held: Held, path: str) -> str:
    """The global itself where that is None to begin with: what hangs below it is not there before a test."""
    text = ground.read(held.file)
    if path == held.name or text is None:
        return path
    empty = rf"^{re.escape(held.name)}\s*(:[^=\n]+)?=\s*None\s*(#.*)?$"
    return held.name if re.search(empty, text, re.MULTILINE) else path


def _reset(module: str, path: str, several: bool) -> Reset:
    node = ast.parse(path, mode="eval").body
    whole = f"{{{module}}}.{path}"
    name = _called(path)
    if isinstance(node, ast.Call):
        return Reset(module, whole, name, (), (f"{whole.removesuffix('()')}.cache_clear()",))
    if isinstance(node, ast.Subscript):
        parent, key = ast.unparse(node.value), ast.unparse(node.slice)
        return Reset(module, whole, name, (), (f"{{{module}}}.{parent}.pop({key}, None)",))
    if isinstance(node, ast.Attribute) and ast.unparse(node.value).endswith(".state"):
        parent = f"{{{module}}}.{ast.unparse(node.value)}"
        return Reset(module, whole, name, (), (f'if hasattr({parent}, "{node.attr}"):', f"    del {whole}"))
    before = f"{name}_before" if several else "before"
    return Reset(module, whole, name, (f"{before} = {whole}",), (f"{whole} = {before}",))


def _called(path: str) -> str:
    """The last word of a path that can be a name in code: a key may be a number, or anything else."""
    words = (word.strip("_").lower() for word in reversed(_WORD.findall(path)))
    return next((word for word in words if word.isidentifier() and not keyword.iskeyword(word)), "it")


def distinct(names: Sequence[Reset]) -> list[Reset]:
    """The same with variables that differ, where two holders have the same last name."""
    found: list[Reset] = []
    taken: set[str] = set()
    for one in names:
        variable = one.setup[0].partition(" ")[0] if one.setup else ""
        if variable and variable in taken:
            number = sum(name.startswith(variable) for name in taken) + 1
            setup = (one.setup[0].replace(variable, f"{variable}_{number}", 1),)
            teardown = (one.teardown[0].removesuffix(variable) + f"{variable}_{number}",)
            one = Reset(one.module, one.path, one.name, setup, teardown)
            variable = f"{variable}_{number}"
        taken.add(variable)
        found.append(one)
    return found


def located(ground: Ground, path: str) -> Held | None:
    """The global of the application that a dotted path begins with: "app.settings.DEBUG" -> DEBUG of app/settings.py.

    A module of tests is none: what a test keeps for itself is its own business.
    """
    parts = _WORD.findall(path.partition("[")[0])
    for end in range(len(parts) - 1, 0, -1):
        stem = "/".join(parts[:end])
        for top in _TOPS:
            for ending in (".py", "/__init__.py"):
                file = f"{top}{stem}{ending}"
                if ground.read(file) is not None:
                    held = Held(".".join(parts[: end + 1]), file, parts[end])
                    return held if module_of(held) is not None else None
    return None
