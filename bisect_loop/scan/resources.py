"""What binds to an event loop, by the dotted names under which libraries offer it.

Libraries that were found safe across loops (psycopg's connections, aiosqlite, anyio's primitives) are left out
on purpose.
"""

from __future__ import annotations

from dataclasses import dataclass

from bisect_loop.scan.model import ResourceKind


@dataclass(frozen=True, slots=True)
class Resource:
    """A kind of object. `label` is how it is called in messages."""

    label: str
    kind: ResourceKind


TASK = Resource("asyncio task", "task")
LOOP = Resource("event loop", "loop")

# (label, package, constructors and factories: reached through any submodule of the package)
_CLIENTS = (
    (
        "redis.asyncio client",
        "redis.asyncio",
        "Redis StrictRedis from_url RedisCluster Sentinel ConnectionPool BlockingConnectionPool",
    ),
    (
        "aioredis client",
        "aioredis",
        "Redis StrictRedis from_url create_redis create_redis_pool create_pool ConnectionPool",
    ),
    ("httpx.AsyncClient", "httpx", "AsyncClient AsyncHTTPTransport"),
    ("OpenAI async client", "openai", "AsyncOpenAI AsyncAzureOpenAI"),
    ("Anthropic async client", "anthropic", "AsyncAnthropic"),
    ("asyncpg pool", "asyncpg", "create_pool"),
    ("asyncpg connection", "asyncpg", "connect"),
    ("aiomysql pool", "aiomysql", "create_pool"),
    ("aiomysql connection", "aiomysql", "connect"),
    ("aiopg pool", "aiopg", "create_pool"),
    ("psycopg async pool", "psycopg_pool", "AsyncConnectionPool"),
    ("aiohttp.ClientSession", "aiohttp", "ClientSession"),
    ("aiohttp connector", "aiohttp", "TCPConnector UnixConnector"),
    (
        "SQLAlchemy async engine",
        "sqlalchemy.ext.asyncio",
        "create_async_engine create_async_pool_from_url async_engine_from_config",
    ),
    ("databases.Database", "databases", "Database"),
    ("motor client", "motor.motor_asyncio", "AsyncIOMotorClient"),
    ("pymongo async client", "pymongo", "AsyncMongoClient"),
    ("grpc.aio channel", "grpc.aio", "insecure_channel secure_channel"),
    ("aiokafka client", "aiokafka", "AIOKafkaProducer AIOKafkaConsumer"),
    ("aio_pika connection", "aio_pika", "connect connect_robust"),
    ("NATS connection", "nats", "connect"),
    ("Elasticsearch async client", "elasticsearch", "AsyncElasticsearch"),
    ("OpenSearch async client", "opensearchpy", "AsyncOpenSearch"),
    ("arq pool", "arq", "create_pool"),
    ("asyncio stream", "asyncio", "open_connection open_unix_connection"),
    ("asyncio server", "asyncio", "start_server start_unix_server"),
    ("asyncio subprocess", "asyncio", "create_subprocess_exec create_subprocess_shell"),
)
_PRIMITIVES = (
    *("Lock", "Event", "Condition", "Semaphore", "BoundedSemaphore"),
    *("Queue", "LifoQueue", "PriorityQueue", "Barrier"),
)
_CLASS_FACTORIES = frozenset({"from_url", "from_pool"})

# Calls that hand back, or wrap, the resource that they are given.
PASS_THROUGH = frozenset(
    {
        *("sessionmaker", "async_sessionmaker", "async_scoped_session", "scoped_session"),
        *("run", "run_until_complete", "wait_for", "shield", "cast", "enter_async_context"),
    }
)
# Clients whose databases and collections, had as attributes or items, are bound as they are.
SHARED_BY_PARTS = frozenset({"motor client", "pymongo async client"})
# Providers of dependency containers that call a factory once and hand out what it made ever after.
PROVIDERS = frozenset({"Singleton", "ThreadSafeSingleton", "ThreadLocalSingleton", "ContextLocalSingleton"})
# Constructors that give several objects at once: `reader, writer = await asyncio.open_connection()`.
COME_IN_PAIRS = frozenset({"asyncio stream"})
# Methods of a resource that give the resource itself.
RETURNS_SELF = frozenset(
    {
        *("__aenter__", "connect", "start", "open", "initialize"),
        *("with_options", "execution_options", "from_url", "from_pool"),
    }
)
# Uses of a primitive that never wait, so never bind it to a loop (CPython 3.10 and later).
NEVER_BINDS = frozenset(
    {
        *("put_nowait", "get_nowait", "qsize", "empty", "full", "maxsize", "task_done"),
        *("set", "clear", "is_set", "release", "locked", "notify", "notify_all"),
    }
)
# What puts work on a loop; asking it whether it is closed, or comparing it, does no harm.
PUTS_WORK_ON_LOOP = frozenset(
    {
        *("call_soon", "call_soon_threadsafe", "call_later", "call_at", "create_task", "create_future"),
        *("run_until_complete", "run_forever", "run_in_executor", "create_connection", "create_server"),
        *("add_reader", "add_writer", "add_signal_handler", "create_datagram_endpoint", "create_unix_connection"),
    }
)


def _table() -> dict[str, dict[str, Resource]]:
    table: dict[str, dict[str, Resource]] = {}
    for label, package, names in _CLIENTS:
        table.setdefault(package, {}).update({name: Resource(label, "client") for name in names.split()})
    table["asyncio"].update({name: Resource(f"asyncio.{name}", "primitive") for name in _PRIMITIVES})
    table["asyncio"].update({"create_task": TASK, "ensure_future": TASK})
    # Not new_event_loop: a loop of one's own, say one that a thread runs, is not closed by a test.
    table["asyncio"].update({"get_running_loop": LOOP, "get_event_loop": LOOP})
    return table


_TABLE = _table()

#: The last parts of all names in the table: code that mentions none of them needs no closer look.
LAST_NAMES: frozenset[str] = frozenset(name for names in _TABLE.values() for name in names) | _CLASS_FACTORIES


def resource_called(dotted: str) -> Resource | None:
    """Return what a call of `dotted` ("redis.asyncio.client.Redis.from_url") makes; None where that is not known."""
    parts = dotted.split(".")
    if parts[-1] in _CLASS_FACTORIES and len(parts) > 1 and parts[-2][:1].isupper():
        parts = parts[:-1]
    if parts[-1] not in LAST_NAMES:
        return None
    for end in range(len(parts) - 1, 0, -1):
        names = _TABLE.get(".".join(parts[:end]))
        if names is not None and parts[-1] in names:
            return names[parts[-1]]
    return None


def constructors(label: str) -> frozenset[str]:
    """The last parts of the names whose call makes a resource that is called `label` in messages."""
    return frozenset(name for names in _TABLE.values() for name, one in names.items() if one.label == label)


def labels() -> frozenset[str]:
    """What the resources are called in messages."""
    return frozenset(resource.label for names in _TABLE.values() for resource in names.values())
