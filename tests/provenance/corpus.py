"""One small application of everything that binds to a loop and outlives it, with the truth about each row.

A row is a module of the application and three tests of it: the polluter, an innocent one that uses nothing, and the
victim. `MADE` marks the line that is the wire-up.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent, indent

MADE = "# <- made"


@dataclass(frozen=True)
class Row:
    """`holder` is the dotted path that is to be named first, `service` what the row's tests need."""

    name: str
    resource: str
    holder: str
    app: str
    use: str
    polluter: str = "await use()"
    victim: str = "await use()"
    service: str = ""
    proved: bool = True
    also: tuple[str, ...] = ()
    on_uvloop: bool = True  # whether the victim fails there too

    @property
    def made_at(self) -> str:
        """The wire-up line, "app/redis_plain.py:8"."""
        line = next(n for n, text in enumerate(self.source.splitlines(), 1) if MADE in text)
        return f"app/{self.name}.py:{line}"

    @property
    def source(self) -> str:
        return dedent(self.app).lstrip() + "\n\nasync def use():\n" + indent(dedent(self.use).strip(), "    ") + "\n"

    @property
    def tests(self) -> str:
        polluter, victim = (indent(dedent(text).strip(), "    ") for text in (self.polluter, self.victim))
        return (
            f"import asyncio\nfrom app import {self.name} as app\nfrom app.{self.name} import use\n\n"
            f"async def test_polluter():\n{polluter}\n\n"
            "async def test_innocent():\n    await asyncio.sleep(0)\n\n"
            f"async def test_victim():\n{victim}\n"
        )

    def order(self) -> tuple[str, ...]:
        """The failing order: innocents stand before and between."""
        path = f"tests/test_{self.name}.py"
        return (
            "tests/test_calm.py::test_calm",
            f"{path}::test_polluter",
            f"{path}::test_innocent",
            f"{path}::test_victim",
        )


def _primitive(name: str, contend: str, holder: str = "") -> Row:
    return Row(
        f"contended_{name.lower()}",
        f"asyncio.{name}",
        holder or f"app.contended_{name.lower()}.SHARED",
        f"import asyncio\n\nSHARED = asyncio.{name}()  {MADE}",
        contend,
    )


_WAITED = """
waiting = asyncio.ensure_future({wait})
await asyncio.sleep(0)
await asyncio.sleep(0)
waiting.cancel()
try:
    await waiting
except asyncio.CancelledError:
    pass
"""
_LOCKED = """
await SHARED.acquire()
async def second():
    async with SHARED:
        pass
waiting = asyncio.ensure_future(second())
await asyncio.sleep(0)
SHARED.release()
await waiting
"""

ROWS = (
    Row(
        "redis_plain",
        "redis.asyncio client",
        "app.redis_plain.CLIENT",
        f"""
        import os
        from redis.asyncio import from_url
        CLIENT = None

        def client():
            global CLIENT
            if CLIENT is None:
                CLIENT = from_url(os.environ["REDIS_URL"])  {MADE}
            return CLIENT
        """,
        "await client().set('k', 'v')",
        service="redis",
    ),
    Row(
        "redis_swallowed",
        "redis.asyncio client",
        "app.redis_swallowed._BUS",
        f"""
        import os
        from redis.asyncio import Redis

        class Bus:
            def __init__(self, client):
                self.client = client

        class Emitter:
            bus = None

        EMITTER = Emitter()
        _BUS = None

        def connect():
            global _BUS
            if EMITTER.bus is None:
                _BUS = Bus(Redis.from_url(os.environ["REDIS_URL"]))  {MADE}
                EMITTER.bus = _BUS
        """,
        """
        connect()
        try:
            await EMITTER.bus.client.publish("c", "e")
        except Exception:
            return "system_error"
        return "needs_decision"
        """,
        polluter="assert await use() == 'needs_decision'",
        victim="assert await use() == 'needs_decision'",
        service="redis",
        also=("app.redis_swallowed.EMITTER.bus",),
    ),
    Row(
        "httpx_keep_alive",
        "httpx.AsyncClient",
        "app.httpx_keep_alive.Api.client",
        f"""
        import os
        import httpx

        class Api:
            client = None

            @classmethod
            def start(cls):
                if cls.client is None:
                    cls.client = httpx.AsyncClient()  {MADE}
                return cls.client
        """,
        "assert (await Api.start().get(os.environ['HTTP_URL'])).status_code == 200",
        service="http",
        on_uvloop=False,
    ),
    Row(
        "aiohttp_session",
        "aiohttp.ClientSession",
        "app.aiohttp_session.SESSIONS['default']",
        f"""
        import os
        import aiohttp
        SESSIONS = {{}}

        def session():
            if "default" not in SESSIONS:
                SESSIONS["default"] = aiohttp.ClientSession()  {MADE}
            return SESSIONS["default"]
        """,
        """
        async with session().get(os.environ["HTTP_URL"]) as response:
            assert response.status == 200
        """,
        service="http",
    ),
    Row(
        "asyncpg_pool",
        "asyncpg pool",
        "app.asyncpg_pool.POOL",
        f"""
        import os
        import asyncpg
        POOL = None

        async def pool():
            global POOL
            if POOL is None:
                POOL = await asyncpg.create_pool(os.environ["DATABASE_URL"], min_size=1, max_size=1)  {MADE}
            return POOL
        """,
        "assert await (await pool()).fetchval('select 1') == 1",
        service="postgres",
    ),
    Row(
        "sqlalchemy_engine",
        "SQLAlchemy async engine",
        "app.sqlalchemy_engine.Database.engine",
        f"""
        import os
        from sqlalchemy import text
        from sqlalchemy.ext.asyncio import create_async_engine

        class Database:
            engine = None

        def engine():
            if Database.engine is None:
                url = os.environ["DATABASE_URL"].replace("postgresql:", "postgresql+asyncpg:")
                Database.engine = create_async_engine(url)  {MADE}
            return Database.engine
        """,
        """
        async with engine().connect() as connection:
            assert (await connection.execute(text("select 1"))).scalar() == 1
        """,
        service="postgres",
    ),
    Row(
        "relay_task",
        "asyncio task relay()",
        "app.relay_task.TASK",
        f"""
        import asyncio
        QUEUE = asyncio.Queue()
        TASK = None

        async def relay():
            while True:
                reply = await QUEUE.get()
                reply.set_result("done")

        def start():
            global TASK
            if TASK is None:
                TASK = asyncio.get_running_loop().create_task(relay())  {MADE}
        """,
        """
        start()
        reply = asyncio.get_running_loop().create_future()
        QUEUE.put_nowait(reply)
        assert await asyncio.wait_for(reply, 0.2) == "done"
        """,
        proved=False,
    ),
    _primitive("Lock", _LOCKED),
    _primitive("Semaphore", _LOCKED),
    _primitive("Event", _WAITED.format(wait="SHARED.wait()")),
    _primitive("Queue", _WAITED.format(wait="SHARED.get()")),
    Row(
        "contended_condition",
        "asyncio.Condition",
        "app.contended_condition.SHARED",
        f"""
        import asyncio
        SHARED = None

        def shared():
            global SHARED
            if SHARED is None:
                SHARED = asyncio.Condition()  {MADE}
            return SHARED

        async def wait():
            async with shared():
                await SHARED.wait()
        """,
        _WAITED.format(wait="wait()"),
    ),
    Row(
        "lock_left_held",
        "asyncio.Lock",
        "app.lock_left_held.GATE",
        f"""
        import asyncio

        class Gate:
            def __init__(self):
                self.lock = asyncio.Lock()  {MADE}

        GATE = Gate()
        """,
        "await asyncio.wait_for(GATE.lock.acquire(), 0.1)",
    ),
    Row(
        "app_state",
        "redis.asyncio client",
        "app.app_state.app.state.redis",
        f"""
        import os
        from fastapi import FastAPI
        from redis.asyncio import from_url
        app = FastAPI()

        def wire():
            if not hasattr(app.state, "redis"):
                app.state.redis = from_url(os.environ["REDIS_URL"])  {MADE}
        """,
        """
        wire()
        await app.state.redis.ping()
        """,
        service="redis",
    ),
    Row(
        "stream_cached",
        "asyncio stream",
        "app.stream_cached.connection()",
        f"""
        import asyncio
        import functools
        import os
        from urllib.parse import urlsplit

        class Connection:
            async def open(self):
                place = urlsplit(os.environ["HTTP_URL"])
                self.reader, self.writer = await asyncio.open_connection(place.hostname, place.port)  {MADE}

        @functools.lru_cache
        def connection():
            return Connection()
        """,
        """
        wire = connection()
        if not hasattr(wire, "writer"):
            await wire.open()
        wire.writer.write(b"GET / HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n")
        assert (await wire.reader.readline()).startswith(b"HTTP/1.1 200")
        """,
        service="http",
    ),
)

_CONFTEST = """
import os
import pytest

if os.environ.get("LOOP") == "uvloop":
    import uvloop

    @pytest.fixture(scope="session")
    def event_loop_policy():
        return uvloop.EventLoopPolicy()
"""


def write(root: Path) -> None:
    """Write the suite."""
    (root / "app").mkdir(parents=True)
    (root / "tests").mkdir()
    (root / "app" / "__init__.py").write_text("")
    (root / "conftest.py").write_text(_CONFTEST)
    (root / "pyproject.toml").write_text(
        '[tool.pytest.ini_options]\ntestpaths = ["tests"]\npythonpath = ["."]\nasyncio_mode = "auto"\n'
        'asyncio_default_fixture_loop_scope = "function"\n'
    )
    (root / "tests" / "test_calm.py").write_text("async def test_calm():\n    pass\n")
    for row in ROWS:
        (root / "app" / f"{row.name}.py").write_text(row.source)
        (root / "tests" / f"test_{row.name}.py").write_text(row.tests)
