import asyncpg
import pytest
import pytest_asyncio
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.pool import NullPool


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def engine():  # expect: BL105
    engine = create_async_engine("postgresql+asyncpg://localhost/app")
    yield engine
    await engine.dispose()


@pytest.fixture(scope="module")
def sync_engine():  # expect: BL105
    return create_async_engine("postgresql+asyncpg://localhost/app")


@pytest.fixture(scope="session")
async def pool():  # expect: BL105
    async with asyncpg.create_pool("postgres://localhost") as pool:
        yield pool


@pytest.fixture(scope="session")
async def wide_pool():  # near-miss: BL105 all its users run on the session loop
    async with asyncpg.create_pool("postgres://localhost") as pool:
        yield pool


@pytest.fixture(scope="session")
def poolless():  # near-miss: BL105 keeps no connection
    return create_async_engine("postgresql+asyncpg://localhost/app", poolclass=NullPool)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def answer():  # near-miss: BL105 a plain value belongs to no loop
    return 42


@pytest.fixture
async def own_pool():  # near-miss: BL105 one for each test
    async with asyncpg.create_pool("postgres://localhost") as pool:
        yield pool


@pytest.fixture
def session(engine):
    return async_sessionmaker(engine)


@pytest.fixture
async def rows(pool):
    return await pool.fetch("select 1")


@pytest_asyncio.fixture(loop_scope="session")
async def wide_rows(wide_pool):
    return await wide_pool.fetch("select 1")


class Lazy:
    def __init__(self):
        self.pool = None

    async def ask(self):
        if self.pool is None:
            self.pool = await asyncpg.create_pool("postgres://localhost")
        return await self.pool.fetchval("select 1")


@pytest.fixture(scope="module")
def lazy():  # expect: BL105
    return Lazy()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def disposed_engine():  # near-miss: BL105 a function fixture disposes it after each test
    return create_async_engine("postgresql+asyncpg://localhost/app")


@pytest.fixture
async def disposing(disposed_engine):
    yield disposed_engine
    await disposed_engine.dispose()
