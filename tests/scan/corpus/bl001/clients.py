import functools
import os

import asyncpg
import httpx
import redis.asyncio as redis
from aiohttp import ClientSession
from redis import asyncio as aioredis
from redis.asyncio import from_url as connect_redis
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.pool import NullPool

from buses import Bus, Deps, hub

http = httpx.AsyncClient()  # expect: BL001
cache: redis.Redis = redis.from_url(os.environ["REDIS_URL"])  # expect: BL001
renamed = connect_redis("redis://localhost")  # expect: BL001
old_style = aioredis.Redis.from_url("redis://localhost")  # expect: BL001
engine = create_async_engine(  # expect: BL001
    "postgresql+asyncpg://localhost/app",
    echo=False,
)
Session = async_sessionmaker(engine)  # near-miss: BL001 the same engine, reported above with both holders
if os.environ.get("GRPC"):
    import grpc.aio

    channel = grpc.aio.insecure_channel("localhost:1")  # expect: BL001
try:
    chosen = httpx.AsyncClient() if os.environ.get("PROXY") else None  # expect: BL001
except OSError:
    chosen = None

pooled = create_async_engine("postgresql+asyncpg://localhost/app", poolclass=NullPool)  # near-miss: BL001 no pool
small = create_async_engine("sqlite+aiosqlite://")  # near-miss: BL001 a driver that is safe across loops
short = httpx.AsyncClient(limits=httpx.Limits(max_keepalive_connections=0))  # near-miss: BL001 keeps nothing alive
plain = httpx.Client()  # near-miss: BL001 not asynchronous

_pool = None
_lazy = None
_session = None


async def init_pool():
    global _pool
    _pool = await asyncpg.create_pool("postgres://localhost/app")  # expect: BL001


def get_client():
    global _lazy
    if _lazy is None:
        _lazy = httpx.AsyncClient()  # expect: BL001
    return _lazy


async def get_session():
    global _session
    fresh = ClientSession()
    _session = fresh  # expect: BL001
    return _session


def wire_up(url):
    hub.bind(Bus(redis.from_url(url)))  # expect: BL001


def set_by_name():
    globals()["by_name"] = httpx.AsyncClient()  # expect: BL001


def on_function():
    get_client.spare = httpx.AsyncClient()  # expect: BL001


class Tagged(httpx.AsyncClient):
    tag = "a"


tagged = Tagged()  # expect: BL001
deps = Deps("desk", redis=redis.Redis())  # expect: BL001


def by_setattr():
    import buses

    setattr(buses, "spare", httpx.AsyncClient())  # expect: BL001
    buses.direct = httpx.AsyncClient()  # expect: BL001


class Lazy:
    """An instance of it at module level holds what a property makes on first use."""

    def __init__(self):
        self._client = None

    @property
    def client(self):
        if self._client is None:
            self._client = httpx.AsyncClient()
        return self._client


LAZY = Lazy()  # expect: BL001


class Cached:
    @functools.cached_property
    def client(self):
        return httpx.AsyncClient()

    def fresh(self):
        return httpx.AsyncClient()  # near-miss: BL001 each call makes one


CACHED = Cached()  # expect: BL001


def make_client():
    return httpx.AsyncClient()  # near-miss: BL001 whoever calls it decides


made = make_client()  # expect: BL001


async def use_locally():
    client = httpx.AsyncClient()  # near-miss: BL001 a local variable
    async with make_client() as other:  # near-miss: BL001 closed by the with statement
        await other.get("http://localhost")
    await client.aclose()


class Service:
    def __init__(self):
        self.client = httpx.AsyncClient()  # near-miss: BL001 an attribute of an instance


class Silent(Service):
    """Does not call the constructor that makes the client."""

    def __init__(self):
        self.name = ""


class Loud(Service):
    def __init__(self):
        super().__init__()


SILENT = Silent()  # near-miss: BL001 nothing is made
LOUD = Loud()  # expect: BL001


def shadowed(http):
    http = httpx.AsyncClient()  # near-miss: BL001 a parameter of the same name
    return http


if __name__ == "__main__":
    script = httpx.AsyncClient()  # near-miss: BL001 no test gets here
