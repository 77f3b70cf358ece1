"""Adds an autouse fixture to the conftest.py that all tests of an order see."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from bisect_loop.fixes.ground import Ground, folder
from bisect_loop.fixes.model import Edit
from bisect_loop.fixes.python import Import, appended, free_name, names_of
from bisect_loop.model import NodeId

CONFTEST = "conftest.py"
_EMPTY = '"""Fixtures of these tests."""\n\nfrom __future__ import annotations\n'


@dataclass(frozen=True, slots=True)
class Body:
    """What a fixture does: the lines before and after its `yield`. Modules it uses are written {module.name}."""

    setup: tuple[str, ...]
    teardown: tuple[str, ...]
    modules: tuple[str, ...]
    imports: tuple[Import, ...] = ()
    asynchronous: bool = False


@dataclass(frozen=True, slots=True)
class Written:
    """An edit of a conftest.py, and the line of the new fixture."""

    edit: Edit
    name: str
    line: int

    @property
    def where(self) -> str:
        return f"{self.edit.path}:{self.line}"


def conftest_of(ground: Ground, tests: tuple[NodeId, ...]) -> str:
    """The outermost conftest.py that all of `tests` see; where there is none, the one to make."""
    folders = [folder(test.partition("::")[0]).split("/") for test in tests]
    common: list[str] = []
    for parts in zip(*folders, strict=False):
        if len(set(parts)) > 1:
            break
        common.append(parts[0])
    places = ["/".join([*common[:end], CONFTEST]).lstrip("/") for end in range(len(common) + 1)]
    there = next((place for place in places if ground.read(place) is not None), None)
    return there or places[min(1, len(places) - 1)]


def with_fixture(ground: Ground, name: str, doc: str, body: Body) -> Written | None:
    """Write an autouse fixture. None where the conftest.py cannot be parsed."""
    path = conftest_of(ground, ground.tests)
    before = ground.read(path)
    text = before if before is not None else _EMPTY
    try:
        known, bound = _imported(text)
        taken = names_of(text)
    except (ValueError, SyntaxError):
        return None
    name = free_name(name, taken.__contains__)
    imports = list(body.imports)
    lines = [*body.setup, "yield", *body.teardown]
    for module in body.modules:
        local = known.get(module)
        if local is None:
            imports.append(_import(module, bound, taken))
            local = imports[-1].bound
        lines = [line.replace("{" + module + "}", local) for line in lines]
    decorator, define = "@pytest.fixture(autouse=True)", "def"
    if body.asynchronous:
        decorator, define = "@pytest_asyncio.fixture(autouse=True)", "async def"
    imports.insert(0, Import("pytest_asyncio" if body.asynchronous else "pytest"))
    code = "\n".join([decorator, f"{define} {name}():", f'    """{doc}"""', *(f"    {line}" for line in lines), ""])
    after = appended(text, code, imports)
    line = after.splitlines().index(f"{define} {name}():") + 1
    return Written(Edit(path, before, after), name, line)


def _import(module: str, bound: set[str], taken: set[str]) -> Import:
    """Import `module` by its own name; by another where that would hide a name of the file, or be hidden by it."""
    package, _, last = module.rpartition(".")
    if module.partition(".")[0] not in bound:
        return Import(module)
    alias = free_name(last if package else f"{last}_module", taken.__contains__)
    return Import(package, last, alias) if package else Import(module, None, alias)


def _imported(text: str) -> tuple[dict[str, str], set[str]]:
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
