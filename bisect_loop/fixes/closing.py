"""The resource is closed on its own loop, in an async fixture, and its holders let go of it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from bisect_loop.fixes.fixture import Body, with_fixture
from bisect_loop.fixes.ground import Ground
from bisect_loop.fixes.holders import Reset, distinct, located, path_on, resets, seen_on
from bisect_loop.fixes.in_test_case import with_cleanup
from bisect_loop.fixes.model import Candidate, Edit
from bisect_loop.fixes.requested import parsed
from bisect_loop.provenance.explain import Explanation
from bisect_loop.provenance.record import Way

_DOC = "What a test makes is closed on the event loop of that test."
_CLOSE = (
    ("redis.asyncio", "aclose", "client"),
    ("httpx", "aclose", "client"),
    ("aiohttp", "close", "session"),
    ("asyncpg pool", "close", "pool"),
    ("asyncpg connection", "close", "connection"),
    ("SQLAlchemy async engine", "dispose", "engine"),
    ("grpc.aio", "close", "channel"),
    ("motor", "close", "client"),
    ("pymongo", "close", "client"),
    ("aiokafka", "stop", "client"),
)
_NOT_AWAITED = ("motor",)
_OWN = ("aclose", "close", "stop", "disconnect", "shutdown")  # what the user's own classes call it
_WRITER = "asyncio.streams.StreamWriter"


@dataclass(frozen=True, slots=True)
class _Close:
    """What is closed (as the reader sees it), and how: lines in which {module} stands for a module."""

    whole: str
    verb: str
    modules: tuple[str, ...]
    lines: tuple[str, ...]
    name: str


def candidates(ground: Ground) -> Iterator[Candidate]:
    """An autouse fixture that awaits the resource's own closing method, or that of the user's object around it.

    In an unittest.IsolatedAsyncioTestCase, whose loop no fixture has, a cleanup of the polluter itself.
    """
    found = ground.explanation
    every = None if found is None else resets(ground, found.holders)
    close = None if found is None else _close(ground, found)
    if close is None or every is None:
        return
    every = distinct(every)
    kind = "dispose-in-fixture" if close.verb == "dispose of" else "close-in-fixture"
    if ground.runs_on == "unittest":
        yield from _in_test_case(ground, close, every)
        return
    body = Body(
        tuple(line for one in every for line in one.setup),
        (*close.lines, *(line for one in every for line in one.teardown)),
        tuple(dict.fromkeys([*close.modules, *(one.module for one in every)])),
        asynchronous=True,
    )
    written = with_fixture(ground, f"{close.name}_closed", _DOC, body)
    if written is not None:
        yield Candidate(
            kind,
            f"{close.verb} {close.whole} after each test, in an async fixture of {written.edit.path}",
            written.where,
            (written.edit,),
            cost="each test opens its own connections",
        )


def _close(ground: Ground, found: Explanation) -> _Close | None:
    """What is to be called: of a stream the user's object around it knows best, of everything else the library."""
    streams = found.way is not None and found.way.steps[found.way.head].type == _WRITER
    return (_own(ground, found) or _known(found)) if streams else (_known(found) or _own(ground, found))


def _in_test_case(ground: Ground, close: _Close, every: list[Reset]) -> Iterator[Candidate]:
    polluter = next(iter(ground.finding.polluters), "")
    path, *names = polluter.partition("[")[0].split("::")
    before = ground.read(path)
    lines = [*close.lines, *(line for one in every for line in one.teardown)]
    setup = [line for one in every for line in one.setup]
    modules = tuple(dict.fromkeys([*close.modules, *(one.module for one in every)]))
    made = None if before is None else with_cleanup(before, names, setup, lines, modules)
    if before is not None and made is not None:
        after, line = made
        yield Candidate(
            "close-in-cleanup",
            f"close {close.whole} when {names[-1]} ends, in a cleanup of {path}",
            f"{path}:{line}",
            (Edit(path, before, after),),
            cost="other tests that open it must close it as well",
        )


def _known(found: Explanation) -> _Close | None:
    """How the library itself closes it."""
    if found.way is None:
        return None
    placed = path_on(found.way, found.holders, found.way.head)
    head = found.way.steps[found.way.head]
    how = next((one for one in _CLOSE if found.resource.startswith(one[0])), None)
    if placed is None:
        return None
    module, whole = placed
    if head.type == _WRITER:
        closed = ("    writer.close()", "    await writer.wait_closed()")
        first = (f"writer = {_value(found.way, module, whole)}", "if writer is not None:")
        return _Close(whole, "close", (module,), (*first, *closed), "writer")
    if how is None:
        return None
    _, method, plain = how
    name = _variable(plain, module)
    called = f"{name}.{method}()"
    lines = (
        f"{name} = {_value(found.way, module, whole)}",
        f"if {name} is not None:",
        f"    {called}" if how[0] in _NOT_AWAITED else f"    await {called}",
    )
    return _Close(whole, "dispose of" if method == "dispose" else "close", (module,), lines, name)


def _own(ground: Ground, found: Explanation) -> _Close | None:
    """How the user's own object closes it that holds it: by an async method which takes nothing."""
    if found.way is None:
        return None
    for index in range(found.way.head, -1, -1):
        step = found.way.steps[index]
        placed = path_on(found.way, found.holders, index)
        held = None if placed is None or not step.own else located(ground, step.type)
        if placed is None or held is None or held.holder != step.type:
            continue
        method = _closing_method(ground, held.file, held.name)
        if method is None:
            continue
        module, whole = placed
        home = held.holder[: -len(held.name) - 1]
        name = _variable(held.name.strip("_").lower(), module, home)
        lines = (
            f"{name} = {_value(found.way, module, whole)}",
            f"if isinstance({name}, {{{home}}}.{held.name}):",
            f"    await {name}.{method}()",
        )
        return _Close(whole, "close", tuple(dict.fromkeys((module, home))), lines, name)
    return None


def _closing_method(ground: Ground, file: str, name: str) -> str | None:
    tree = parsed(ground, file)
    own = next((one for one in tree.body if isinstance(one, ast.ClassDef) and one.name == name), None) if tree else None
    methods = [one for one in own.body if isinstance(one, ast.AsyncFunctionDef)] if own is not None else []
    plain = {one.name for one in methods if not one.decorator_list and len(one.args.args) - len(one.args.defaults) == 1}
    return next((method for method in _OWN if method in plain), None)


def _variable(name: str, *modules: str) -> str:
    """A name for what is closed that hides none of the modules."""
    return f"open_{name}" if any(name in module.split(".") for module in modules) else name


def _value(way: Way, module: str, whole: str) -> str:
    """What stands there now, None where nothing does any more."""
    node = ast.parse(whole[len(module) + 1 :], mode="eval").body
    return _safely(node, f"{{{module}}}", way, last=True)[0]


def _safely(node: ast.expr, module: str, way: Way, *, last: bool = False) -> tuple[str, bool]:
    """(a path as an expression that is None where a key or the last attribute is missing, whether it may be None)."""
    if isinstance(node, ast.Attribute):
        owner, unsure = _safely(node.value, module, way)
        return (f'getattr({owner}, "{node.attr}", None)', True) if unsure or last else (f"{owner}.{node.attr}", False)
    if isinstance(node, ast.Subscript):
        owner, _ = _safely(node.value, module, way)
        key = node.slice.value if isinstance(node.slice, ast.Constant) else None
        if isinstance(key, int) and seen_on(way, ast.unparse(node.value)) in ("list", "tuple"):
            return f"({owner}[{key}:{key + 1}] or [None])[0]", True
        return f"{owner}.get({key!r})", True
    if isinstance(node, ast.Call):
        return f"{_safely(node.func, module, way)[0]}()", False
    return f"{module}.{ast.unparse(node)}", False
