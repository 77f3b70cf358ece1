import pytest
import pytest_asyncio


@pytest_asyncio.fixture(loop_scope="session")
async def session():
    yield 1


@pytest_asyncio.fixture(loop_scope="session")
async def other():
    yield 1


@pytest_asyncio.fixture(loop_scope="session")
async def plain():
    yield 1


@pytest_asyncio.fixture
async def short():
    yield 1
