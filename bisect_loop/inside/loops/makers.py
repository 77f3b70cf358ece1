"""Well-known constructors of what binds to loops: the user's line that calls one is the wire-up."""

from __future__ import annotations

import functools
import sys
from typing import Any, Callable, Dict, Tuple

from .patches import Patches
from .watch import Watch

# Module -> the classes in it whose __init__ is watched, once the user's code has imported that module.
MAKERS: Dict[str, Tuple[str, ...]] = {
    "asyncio.locks": ("Lock", "Event", "Condition", "Semaphore", "Barrier"),
    "asyncio.queues": ("Queue",),
    "redis.asyncio.client": ("Redis", "PubSub"),
    "redis.asyncio.cluster": ("RedisCluster",),
    "redis.asyncio.sentinel": ("Sentinel",),
    "redis.asyncio.connection": ("ConnectionPool",),
    "aioredis.client": ("Redis",),
    "httpx._client": ("AsyncClient",),
    "httpx": ("AsyncClient",),
    "asyncpg.pool": ("Pool",),
    "asyncpg.connection": ("Connection",),
    "aiomysql.pool": ("Pool",),
    "aiopg.pool": ("Pool",),
    "psycopg_pool.pool_async": ("AsyncConnectionPool",),
    "aiohttp.client": ("ClientSession",),
    "aiohttp.connector": ("BaseConnector",),
    "sqlalchemy.ext.asyncio.engine": ("AsyncEngine",),
    "databases.core": ("Database",),
    "motor.motor_asyncio": ("AsyncIOMotorClient",),
    "pymongo.asynchronous.mongo_client": ("AsyncMongoClient",),
    "grpc.aio._channel": ("Channel",),
    "aiokafka.producer.producer": ("AIOKafkaProducer",),
    "aiokafka.consumer.consumer": ("AIOKafkaConsumer",),
    "aio_pika.connection": ("Connection",),
    "nats.aio.client": ("Client",),
    "elasticsearch._async.client": ("AsyncElasticsearch",),
    "openai._base_client": ("AsyncAPIClient",),
    "anthropic._base_client": ("AsyncAPIClient",),
    "websockets.asyncio.client": ("ClientConnection",),
}


class Makers:
    """Patches the constructors of what is imported; `patch` is to be called for what is imported from now on."""

    def __init__(self, watch: Watch, patches: Patches) -> None:
        self._watch = watch
        self._patches = patches
        self._done: set[str] = set()

    def imported(self) -> None:
        """Patch what has been imported since the last look."""
        for name in MAKERS:
            module = sys.modules.get(name)
            if module is not None and name not in self._done:
                self.patch(name, module)

    def patch(self, name: str, module: Any) -> None:
        self._done.add(name)
        for attribute in MAKERS[name]:
            kind = vars(module).get(attribute)
            if isinstance(kind, type) and "__init__" in vars(kind):
                self._patches.wrap(kind, "__init__", self._noting)

    def _noting(self, original: Callable[..., None]) -> Callable[..., None]:
        watch = self._watch
        if getattr(original, "_bisect_loop", False):
            return original  # a class under two names

        @functools.wraps(original)
        def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
            if watch.active:
                watch.made.add(self, watch.event(1))
            original(self, *args, **kwargs)

        __init__._bisect_loop = True  # type: ignore[attr-defined]
        return __init__


def watches(kind: type) -> bool:
    """Whether the constructor of a class is watched, so that an object nothing is known of was there before."""
    return any(getattr(vars(base).get("__init__"), "_bisect_loop", False) for base in kind.__mro__)
