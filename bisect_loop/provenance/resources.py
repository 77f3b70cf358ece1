"""What kind of thing an object is, by the qualified name of its type."""

from __future__ import annotations

from bisect_loop.model import LOOP
from bisect_loop.provenance.record import Step, Way
from bisect_loop.scan.resources import resource_called

# Types whose constructors have other names than they.
_TYPES = {
    "asyncpg.pool.Pool": "asyncpg pool",
    "asyncpg.connection.Connection": "asyncpg connection",
    "asyncpg.pool.PoolConnectionProxy": "asyncpg connection",
    "sqlalchemy.ext.asyncio.engine.AsyncEngine": "SQLAlchemy async engine",
    "sqlalchemy.ext.asyncio.engine.AsyncConnection": "SQLAlchemy async connection",
    "sqlalchemy.ext.asyncio.session.AsyncSession": "SQLAlchemy async session",
    "sqlalchemy.orm.session.sessionmaker": "SQLAlchemy async engine",
    "sqlalchemy.ext.asyncio.session.async_sessionmaker": "SQLAlchemy async engine",
    "grpc.aio._channel.Channel": "grpc.aio channel",
    "nats.aio.client.Client": "NATS connection",
    "redis.asyncio.client.PubSub": "redis.asyncio subscription",
    "asyncio.streams.StreamReader": "asyncio stream",
    "asyncio.streams.StreamWriter": "asyncio stream",
    "asyncio.subprocess.Process": "asyncio subprocess",
    "asyncio.base_events.Server": "asyncio server",
}
_TASKS = ("_asyncio.Task", "asyncio.tasks.Task")
_FUTURES = ("_asyncio.Future", "asyncio.futures.Future")
_LOOPS = ("EventLoop", "SelectorEventLoop", "uvloop.Loop")


def label(type_name: str) -> str:
    """What an object of this type is called ("redis.asyncio client"); "" for a type that is not well known."""
    if type_name in _TYPES:
        return _TYPES[type_name]
    if type_name in _TASKS:
        return "asyncio task"
    if type_name in _FUTURES:
        return "asyncio future"
    if type_name.startswith(("asyncio.locks.", "asyncio.queues.")):
        return f"asyncio.{type_name.rpartition('.')[2]}"
    known = resource_called(type_name)
    return "" if known is None else known.label


def weight(type_name: str) -> int:
    """How much an object of this type says of why a loop matters, 0 the most: clients, tasks, primitives, the rest."""
    named = label(type_name)
    if named == "asyncio task":
        return 1
    if not named:
        return 3
    return 2 if named.startswith(("asyncio.", "asyncio future")) else 0


def is_loop(type_name: str) -> bool:
    """Whether objects of this type are event loops themselves."""
    return type_name.endswith(_LOOPS)


def resource(way: Way) -> tuple[str, Step]:
    """Return (what is held, the step on the way that is it).

    A library's wrapper around something well known goes by the name of that; a primitive or a task inside it is
    the library's own business. What a task waits for is the task's.
    """
    last = way.steps[-1]
    if last.type in _TASKS:
        return _told("asyncio task", last), last
    head = way.steps[way.head]
    named = label(head.type)
    if named:
        return _told(named, head), head
    for step in way.steps[way.head + 1 :]:
        inner = label(step.type)
        if inner and not inner.startswith("asyncio"):
            return inner, step
    if is_loop(head.type):
        return LOOP, head
    package, _, name = head.type.rpartition(".")
    return f"{package.partition('.')[0]}.{name}", head


def _told(named: str, step: Step) -> str:
    return f"{named} {step.task}()" if step.task else named


def same_library(way: Way, libraries: tuple[str, ...]) -> bool:
    """Whether something on the way is of a package that a touch went through, asyncio's own aside."""
    packages = {name.partition(".")[0] for name in libraries} - {"asyncio", "contextlib", "threading"}
    return any(type_name.partition(".")[0] in packages for type_name in way.types)
