"""Adds a fixture to the conftest.py that all tests of an order see, or to a module: for every test, or on request."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from dataclasses import dataclass

from bisect_loop.fixes.ground import Ground, folder
from bisect_loop.fixes.model import Edit
from bisect_loop.fixes.python import Import, appended, double_quoted, free_name, fresh, import_of, imported, names_of
from bisect_loop.fixes.requested import CONFTEST, fixtures_in, places
from bisect_loop.fixes.requesting import with_usefixtures
from bisect_loop.model import NodeId

_DOC = "Fixtures of these tests."


@dataclass(frozen=True, slots=True)
class Body:
    """What a fixture does: the lines before and after its `yield`. Modules it uses are written {module.name}.

    `around` stands for the `yield` where that is inside of a block. `unless` is a condition under which nothing is
    done. `parameters` are the fixtures that it requests itself. `scope` is "" for every test.
    """

    setup: tuple[str, ...]
    teardown: tuple[str, ...]
    modules: tuple[str, ...]
    imports: tuple[Import, ...] = ()
    asynchronous: bool = False
    unless: str = ""
    parameters: tuple[str, ...] = ()
    around: tuple[str, ...] = ("yield",)
    scope: str = ""

    @property
    def lines(self) -> list[str]:
        left = [f"if {self.unless}:", "    yield", "    return"] if self.unless else []
        return [*left, *self.setup, *self.around, *self.teardown]


@dataclass(frozen=True, slots=True)
class Written:
    """An edit of a file, and the line of the new fixture."""

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


def with_fixture(
    ground: Ground, name: str, doc: str, body: Body, *, autouse: bool = True, path: str | None = None
) -> Written | None:
    """Write a fixture, to the file `path` (a module of tests) or to the conftest.py that all tests see.

    None where that cannot be parsed, or nobody is there to run an asynchronous one.

    Under anyio's plugin an asynchronous fixture asks for the backend. Where that is several, every test that has the
    fixture would be run for each of them, so there it is not written for all tests.
    """
    path = path or conftest_of(ground, ground.tests)
    before = ground.read(path)
    text = before or ""
    try:
        known, bound = imported(text)
        taken = names_of(text)
    except (ValueError, SyntaxError):
        return None
    # A fixture of a module, or of a nearer conftest.py, takes the place of one of the same name further out.
    seen = {
        one.name for file in {path, *(f for t in ground.tests for f in places(t))} for one in fixtures_in(ground, file)
    }
    name = free_name(name, (taken | seen).__contains__)
    imports: list[Import] = []
    lines = body.lines
    for one in body.imports:
        clear = one.bound.partition(".")[0] not in bound or known.get(one.module) == one.bound
        imports.append(one if clear else Import(one.module, one.name, free_name(f"{one.bound}_", taken.__contains__)))
        lines = [re.sub(rf"(?<![\w.]){one.bound}\b", imports[-1].bound, line) for line in lines]
    for module in body.modules:
        local = known.get(module)
        if local is None:
            imports.append(import_of(module, bound, taken))
            local = imports[-1].bound
        lines = [line.replace("{" + module + "}", local) for line in lines]
    decorator, define, parameters = "pytest", "def", list(body.parameters)
    if body.asynchronous:
        define = "async def"
        if ground.runs_on == "anyio":
            parameters.append("anyio_backend")
            if autouse and not _one_backend(ground):
                return None
        elif ground.runs_on == "pytest-asyncio":
            decorator = "pytest_asyncio"
        else:
            return None
    imports.insert(0, Import(decorator))
    head = f"{define} {name}({', '.join(parameters)}):"
    options = [f'scope="{body.scope}"'] if body.scope else []
    options += ["autouse=True"] if autouse else []
    decorated = f"@{decorator}.fixture" + (f"({', '.join(options)})" if options else "")
    code = "\n".join([decorated, head, f'    """{doc}"""', *(f"    {line}".rstrip() for line in lines), ""])
    code = double_quoted(code)
    after = appended(text, code, imports) if before is not None else fresh(_DOC, code, imports, ground.has_module)
    line = after.splitlines().index(head) + 1
    return Written(Edit(path, before, after), name, line)


def used_by(ground: Ground, tests: Sequence[NodeId], written: Written) -> tuple[Edit, ...] | None:
    """The edits that write a fixture and make `tests` use it; None where one of them is not found in its file."""
    texts = {written.edit.path: written.edit.after}
    for test in tests:
        path, *names = test.partition("[")[0].split("::")
        text = texts.get(path) or ground.read(path)
        after = None if text is None else with_usefixtures(text, names, written.name)
        if after is None:
            return None
        texts[path] = after
    return tuple(Edit(path, ground.read(path), after) for path, after in texts.items())


def _one_backend(ground: Ground) -> bool:
    """Whether the project says which backend anyio's plugin runs its tests on."""
    seen = [one for test in ground.tests for path in places(test) for one in fixtures_in(ground, path)]
    named = [one for one in seen if one.name == "anyio_backend"]
    return bool(named) and not any("params" in ast.unparse(one) for own in named for one in own.node.decorator_list)
