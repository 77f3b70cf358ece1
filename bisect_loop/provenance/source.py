"""The user's source: which module defines a name, where it is given a value, which variable gates that."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from bisect_loop.provenance.record import Held
from bisect_loop.scan import SettingsError, WireUp, scan

# Modules that hand on a name from one another.
_MOST_HOPS = 5
_CONTAINERS = (
    *("dict", "list", "set", "deque", "defaultdict", "OrderedDict", "Counter", "tuple", "frozenset"),
    *("WeakKeyDictionary", "WeakValueDictionary", "WeakSet"),
)
_ADD = ("append", "appendleft", "add", "insert", "setdefault", "update", "extend", "__setitem__")


@dataclass(frozen=True, slots=True)
class Store:
    """An assignment to a global: where, in which function ("" at import), and whether it only clears it.

    `empty` says that what it assigns is a container with nothing in it yet.
    """

    line: int
    function: str
    clears: bool
    empty: bool = False


@dataclass
class Sources:
    """Reads the project below `root`, each file once. What cannot be read or parsed says nothing."""

    root: Path
    _trees: dict[str, ast.Module | None] = field(default_factory=dict)

    def tree(self, file: str) -> ast.Module | None:
        """The syntax tree of a file given relative to the root; None where there is none."""
        if file not in self._trees:
            try:
                self._trees[file] = ast.parse((self.root / file).read_bytes())
            except (OSError, ValueError, SyntaxError):
                self._trees[file] = None
        return self._trees[file]

    def stores(self, held: Held) -> list[Store]:
        """Every assignment to the global under which something is held, in the order of the file."""
        tree = self.tree(held.file) if held.file else None
        return [] if tree is None else list(_stores(tree.body, held.name, "", at_import=True))

    def puts(self, held: Held) -> list[Store]:
        """Every line that puts something into the container that the global is, in the order of the file."""
        tree = self.tree(held.file) if held.file else None
        return [] if tree is None else sorted(_puts(tree, held.name, ""), key=lambda put: put.line)

    def keeps(self, type_name: str, attribute: str, near: Sequence[Held]) -> tuple[str, Store] | None:
        """(the file, the first line that gives an attribute of `self` its value in the class) of an object's type.

        `near` are names in modules of the project, next to which that of the class is looked for.
        """
        module, _, name = type_name.rpartition(".")
        known = [held for held in near if held.file and f".{held.name}" in held.holder]
        anchors = [(held.holder.partition(f".{held.name}")[0], held.file) for held in known]
        for file in filter(None, (self._file_of(module, *anchor) for anchor in (*anchors, ("", ""), ("", "src/")))):
            tree = self.tree(file)
            for node in tree.body if tree is not None else ():
                if isinstance(node, ast.ClassDef) and node.name == name:
                    found = next((one for one in _kept(node, attribute) if not one.clears), None)
                    return None if found is None else (file, found)
        return None

    def defines(self, held: Held) -> bool:
        """Whether the holder's own module gives the name its value, rather than importing it."""
        tree = self.tree(held.file) if held.file else None
        if tree is None:
            return False
        named = any(
            isinstance(node, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)) and node.name == held.name
            for node in tree.body
        )
        return named or bool(self.stores(held))

    def home(self, module: str, file: str, name: str) -> tuple[str, str]:
        """The (module, name) that a name of a module was imported from, as far as the project's own files tell."""
        for _ in range(_MOST_HOPS):
            found = self._imported_from(module, file, name)
            if found is None:
                break
            module, file, name = found
        return module, name

    def _imported_from(self, module: str, file: str, name: str) -> tuple[str, str, str] | None:
        tree = self.tree(file) if file else None
        for node in ast.walk(tree) if tree is not None else ():
            if not isinstance(node, ast.ImportFrom):
                continue
            original = next((alias.name for alias in node.names if (alias.asname or alias.name) == name), None)
            if original is None:
                continue
            package = module.split(".")
            if not file.endswith("__init__.py"):
                package = package[:-1]
            base = package[: len(package) - node.level + 1] if node.level else []
            origin = ".".join([*base, *([node.module] if node.module else [])])
            found = self._file_of(origin, module, file)
            return None if found is None else (origin, found, original)
        return None

    def _file_of(self, origin: str, module: str, file: str) -> str | None:
        """The file of a module of the project, found from where another one of it lies."""
        path = module.replace(".", "/")
        top = file.removesuffix(".py").removesuffix("/__init__").removesuffix(path)
        for ending in (".py", "/__init__.py"):
            candidate = top + origin.replace(".", "/") + ending
            if (self.root / candidate).is_file():
                return candidate
        return None

    @cached_property
    def wire_ups(self) -> tuple[WireUp, ...]:
        """What a scan of the project finds, the guarded included."""
        try:
            return scan([], self.root).wire_ups
        except SettingsError:
            return ()

    def wire_up(self, places: tuple[str, ...], holders: tuple[str, ...]) -> WireUp | None:
        """The wire-up that is made at one of `places` ("app/main.py:7"), else the one that is kept in a holder."""
        for place in places:
            for one in self.wire_ups:
                if place in (str(one.made_at), str(one.stored_at)):
                    return one
        for holder in holders:
            for one in self.wire_ups:
                if any(_same_holder(holder, name) for name in (one.holder, *one.also_held_by)):
                    return one
        return None


def _same_holder(seen: str, scanned: str) -> bool:
    """Whether a path seen at run time is the scanned one, or the object of the user's that has it as an attribute."""
    return seen == scanned or scanned.startswith(f"{seen}.") or seen.startswith(f"{scanned}.")


def _stores(body: list[ast.stmt], name: str, function: str, *, at_import: bool) -> Iterator[Store]:
    """Assignments to the global `name` in `body` and in the functions below it that declare it global."""
    for node in body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            inner = f"{function}.{node.name}" if function else node.name
            yield from _stores(node.body, name, inner, at_import=False)
            continue
        if isinstance(node, ast.ClassDef):
            inner = f"{function}.{node.name}" if function else node.name
            yield from _stores([n for n in node.body if _is_function(n)], name, inner, at_import=False)
            continue
        if isinstance(node, (ast.Assign, ast.AnnAssign)) and (at_import or _global_in(body, name)):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            value = node.value
            if any(isinstance(target, ast.Name) and target.id == name for target in targets) and value is not None:
                clears = isinstance(value, ast.Constant) and value.value is None
                yield Store(node.lineno, function, clears, is_empty(value))
        for _, blocks in ast.iter_fields(node):
            if isinstance(blocks, list) and blocks and all(isinstance(one, ast.stmt) for one in blocks):
                declared: list[ast.stmt] = [one for one in body if isinstance(one, ast.Global)]
                yield from _stores([*declared, *blocks], name, function, at_import=at_import)


def is_empty(value: ast.expr) -> bool:
    """Whether `value` makes a container that has nothing in it."""
    if isinstance(value, ast.Dict):
        return not value.keys
    if isinstance(value, (ast.List, ast.Tuple)):
        return not value.elts
    if not isinstance(value, ast.Call):
        return False
    made = value.func.value if isinstance(value.func, ast.Subscript) else value.func  # dict[str, int]()
    name = ast.unparse(made).rpartition(".")[2]
    given = [arg for arg in value.args if name != "defaultdict"]
    return name in _CONTAINERS and not given and not value.keywords


def _puts(node: ast.AST, name: str, function: str) -> Iterator[Store]:
    """Where an item of the global `name` is assigned, or a method that adds one is called."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            if isinstance(child, ast.ClassDef) or not _is_local(child, name):
                yield from _puts(child, name, f"{function}.{child.name}" if function else child.name)
            continue
        if isinstance(child, (ast.Assign, ast.AnnAssign)):
            targets = child.targets if isinstance(child, ast.Assign) else [child.target]
            if any(isinstance(target, ast.Subscript) and _is_name(target.value, name) for target in targets):
                yield Store(child.lineno, function, False)
        method = child.func if isinstance(child, ast.Call) else None
        if isinstance(method, ast.Attribute) and method.attr in _ADD and _is_name(method.value, name):
            yield Store(method.lineno, function, False)
        yield from _puts(child, name, function)


def _kept(owner: ast.ClassDef, attribute: str) -> Iterator[Store]:
    """Assignments to `self.<attribute>` in the methods of a class, in the order of the file."""
    for method in owner.body:
        if not isinstance(method, (ast.FunctionDef, ast.AsyncFunctionDef)) or not method.args.args:
            continue
        itself = method.args.args[0].arg
        for node in ast.walk(method):
            if isinstance(node, (ast.Assign, ast.AnnAssign)) and node.value is not None:
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                if any(
                    isinstance(one, ast.Attribute) and one.attr == attribute and _is_name(one.value, itself)
                    for one in targets
                ):
                    clears = isinstance(node.value, ast.Constant) and node.value.value is None
                    yield Store(node.lineno, f"{owner.name}.{method.name}", clears)


def _is_name(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def _is_local(function: ast.FunctionDef | ast.AsyncFunctionDef, name: str) -> bool:
    """Whether `name` is a parameter or a variable of the function's own."""
    given = function.args
    parameters = (*given.posonlyargs, *given.args, *given.kwonlyargs, *filter(None, (given.vararg, given.kwarg)))
    if any(one.arg == name for one in parameters):
        return True
    nodes = list(ast.walk(function))
    bound = any(isinstance(one, ast.Name) and one.id == name and isinstance(one.ctx, ast.Store) for one in nodes)
    return bound and not any(isinstance(one, ast.Global) and name in one.names for one in nodes)


def _is_function(node: ast.stmt) -> bool:
    return isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))


def _global_in(body: list[ast.stmt], name: str) -> bool:
    return any(isinstance(node, ast.Global) and name in node.names for node in body)
