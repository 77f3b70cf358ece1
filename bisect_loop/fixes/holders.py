"""Holders as Python that a fixture can run: what to remember before a test, what to put back after it."""

from __future__ import annotations

import ast
import keyword
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from bisect_loop.fixes.ground import Ground
from bisect_loop.fixes.put_back import CONTAINERS, content
from bisect_loop.fixes.requested import parsed
from bisect_loop.provenance.record import Held, Way
from bisect_loop.provenance.source import is_empty

_STATE = re.compile(r"\._state\['(\w+)'\]")
_WORD = re.compile(r"\w+")
# Their items are not assigned: what holds such a one is.
_FIXED = ("tuple", "frozenset")
# What holds something by a label that is no code: a key or a member that is no plain text or number.
_BY_LABEL = {"[...]": "dict", "<key>": "dict", "{...}": "set"}
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
    """A path as an expression, None where it is none: names, attributes, plain keys and plain calls only.

    The label of a key that cannot be written, "[...]", is Python as well: its key would be Ellipsis.
    """
    text = _STATE.sub(r".\1", text)
    try:
        node: ast.expr = ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError):
        return None
    while not isinstance(node, ast.Name):
        if isinstance(node, ast.Attribute) or (isinstance(node, ast.Subscript) and _is_plain(node.slice)):
            node = node.value
        elif isinstance(node, ast.Call) and not node.args and not node.keywords:
            node = node.func
        else:
            return None
    return text


def _is_plain(key: ast.expr) -> bool:
    return isinstance(key, ast.Constant) and type(key.value) in (str, int)


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
        one = None if placed is None else _reset(ground, held, *placed, several=len(holders) > 1)
        if one is None:
            return None
        if one not in found:
            found.append(one)
    return found or None


def _reset(ground: Ground, held: Held, module: str, text: str, *, several: bool) -> Reset | None:
    path, behind = _in_code(text)
    if not path or behind.startswith("<closure>"):
        return None  # nothing else can reach into a function
    chain = _chain(path)
    node = _before_a_test(ground, held, chain)
    behind = behind if node is chain[-1] else ""
    path = ast.unparse(node)
    whole, name = f"{{{module}}}.{path}", _called(path)
    before = f"{name}_before" if several else "before"
    if isinstance(node, ast.Call):
        return Reset(module, whole, name, (), (f"{whole.removesuffix('()')}.cache_clear()",))
    if isinstance(node, ast.Subscript):
        parent, key = ast.unparse(node.value), ast.unparse(node.slice)
        kind = _kind(ground, held, node.value)
        if kind in ("list", "deque", *_FIXED):  # its places are no keys
            return _content(kind, module, parent, _called(parent), before)
        return Reset(module, whole, name, (), (f"{{{module}}}.{parent}.pop({key}, None)",))
    if isinstance(node, ast.Attribute) and ast.unparse(node.value).endswith(".state"):
        parent = f"{{{module}}}.{ast.unparse(node.value)}"
        return Reset(module, whole, name, (), (f'if hasattr({parent}, "{node.attr}"):', f"    del {whole}"))
    if behind:
        labelled = next((kind for label, kind in _BY_LABEL.items() if behind.startswith(label)), None)
        kind = _kind(ground, held, node) or labelled
        if kind is not None:
            return _content(kind, module, path, name, before)
    return _assigned(whole, module, name, before)


def _assigned(whole: str, module: str, name: str, before: str) -> Reset:
    return Reset(module, whole, name, (f"{before} = {whole}",), (f"{whole} = {before}",))


def _content(kind: str, module: str, path: str, name: str, before: str) -> Reset:
    """A container keeps its identity: others may know it by a name of their own."""
    whole = f"{{{module}}}.{path}"
    if kind in _FIXED:
        return _assigned(whole, module, name, before)
    copied, back = content(kind, whole, before)
    return Reset(module, whole, name, (f"{before} = {copied}",), back)


def _in_code(text: str) -> tuple[str, str]:
    """The longest part of a path that is an expression, "" where none is; and the labels behind it."""
    for end in range(len(text), 0, -1):
        if text[end : end + 1] in ("", *".[{<("):
            path = python_path(text[:end])
            if path is not None:
                return path, text[end:]
    return "", text


def _before_a_test(ground: Ground, held: Held, chain: Sequence[ast.expr]) -> ast.expr:
    """How far a path leads before any test.

    What hangs below a cached call, or below what begins as None or empty, is not there yet.
    """
    for node, following in pairwise(chain):
        if isinstance(node, ast.Call):
            return node
        first = _first_value(ground, held, node)
        if isinstance(first, ast.Constant) and first.value is None:
            return node
        if first is not None and is_empty(first):
            return following if isinstance(following, ast.Subscript) else node
    last = chain[-1]
    # The object of a bound method cannot be assigned.
    return last.value if isinstance(last, ast.Attribute) and last.attr == "__self__" else last


def _chain(path: str) -> list[ast.expr]:
    """Each part of a path that is an expression of its own, from the name on: a, a.b, a.b['c']."""
    node: ast.expr = ast.parse(path, mode="eval").body
    found = [node]
    while isinstance(node, ast.Attribute | ast.Subscript | ast.Call):
        node = node.func if isinstance(node, ast.Call) else node.value
        found.insert(0, node)
    return found


def _first_value(ground: Ground, held: Held, node: ast.expr) -> ast.expr | None:
    """What the holder's file first assigns to a global, or in the body of a class; None where no statement does."""
    tree = parsed(ground, held.file)
    body: Sequence[ast.stmt] = tree.body if tree is not None else ()
    name = node.id if isinstance(node, ast.Name) else ""
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        owner, name = node.value.id, node.attr
        body = next((one.body for one in body if isinstance(one, ast.ClassDef) and one.name == owner), ())
    for one in body:
        targets = one.targets if isinstance(one, ast.Assign) else [one.target] if isinstance(one, ast.AnnAssign) else []
        if any(isinstance(target, ast.Name) and target.id == name for target in targets):
            assert isinstance(one, ast.Assign | ast.AnnAssign)
            if one.value is not None:
                return one.value
    return None


def _kind(ground: Ground, held: Held, node: ast.expr) -> str | None:
    """The kind of a container, as it was seen on the way to the resource, else as its file makes it."""
    seen = seen_on(ground.explanation.way if ground.explanation is not None else None, ast.unparse(node))
    if seen:
        return _known(seen)
    first = _first_value(ground, held, node)
    return None if first is None else _kind_of(first)


def seen_on(way: Way | None, path: str) -> str:
    """The name of the type of what stands at a path, "MAP" or "Desk.kept", on a way; "" where that leads elsewhere."""
    labels = ""
    for step in way.steps[1:] if way is not None else ():
        labels += step.label
        if _STATE.sub(r".\1", labels) == f".{path}":
            return step.type.rpartition(".")[2]
    return ""


def _kind_of(value: ast.expr) -> str | None:
    if isinstance(value, ast.Call):
        return _known(ast.unparse(value.func).rpartition(".")[2])
    literals: dict[type[ast.expr], str] = {ast.List: "list", ast.ListComp: "list", ast.Dict: "dict"}
    literals |= {ast.DictComp: "dict", ast.Set: "set", ast.SetComp: "set", ast.Tuple: "tuple"}
    return literals.get(type(value))


def _known(kind: str) -> str | None:
    return kind if kind in CONTAINERS or kind in _FIXED else None


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
            other = f"{variable}_{number}"
            setup, teardown = (
                tuple(re.sub(rf"(?<![\w.{{]){variable}(?!\w)", other, line) for line in lines)
                for lines in (one.setup, one.teardown)
            )
            one = Reset(one.module, one.path, one.name, setup, teardown)
            variable = other
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
