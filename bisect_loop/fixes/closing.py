"""The resource is closed on its own loop, in an async fixture, and its holders let go of it."""

from __future__ import annotations

from collections.abc import Iterator

from bisect_loop.fixes.fixture import Body, with_fixture
from bisect_loop.fixes.ground import Ground
from bisect_loop.fixes.holders import distinct, module_of, python_path, resets
from bisect_loop.fixes.model import Candidate

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


def candidates(ground: Ground) -> Iterator[Candidate]:
    """An autouse fixture that awaits the resource's own closing method."""
    found = ground.explanation
    if found is None or found.way is None or not ground.has_pytest_asyncio:
        return
    how = next((one for one in _CLOSE if found.resource.startswith(one[0])), None)
    every = resets(ground, found.holders)
    placed = module_of(found.holders[0]) if found.holders else None
    if how is None or every is None or placed is None:
        return
    module = placed[0]
    whole = python_path("".join(step.label for step in found.way.steps[: found.way.head + 1]))
    if whole is None or not whole.startswith(f"{module}."):
        return
    _, method, name = how
    rest = whole[len(module) + 1 :]
    parent, dot, last = rest.rpartition(".")
    if dot and "[" not in last and "(" not in last:
        value = f'getattr({{{module}}}.{parent}, "{last}", None)'
    elif rest.endswith("]"):
        parent, _, key = rest.rpartition("[")
        value = f"{{{module}}}.{parent}.get({key.removesuffix(']')})"
    else:
        value = f"{{{module}}}.{rest}"
    every = distinct(every)
    called = f"{name}.{method}()"
    body = Body(
        tuple(line for one in every for line in one.setup),
        (
            f"{name} = {value}",
            f"if {name} is not None:",
            f"    {called}" if how[0] in _NOT_AWAITED else f"    await {called}",
            *(line for one in every for line in one.teardown),
        ),
        tuple(dict.fromkeys([module, *(one.module for one in every)])),
        asynchronous=True,
    )
    written = with_fixture(ground, f"{name}_closed", _DOC, body)
    if written is None:
        return
    kind, verb = ("dispose-in-fixture", "dispose of") if method == "dispose" else ("close-in-fixture", "close")
    yield Candidate(
        kind,
        f"{verb} {whole} after each test, in an async fixture of {written.edit.path}",
        written.where,
        (written.edit,),
        cost="each test opens its own connections",
    )
