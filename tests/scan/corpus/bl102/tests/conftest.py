import pytest
import pytest_asyncio


@pytest_asyncio.fixture
async def session(session):  # expect: BL102
    yield session


@pytest_asyncio.fixture(loop_scope="session")
async def other():  # near-miss: BL102 says its loop as well
    yield 2


@pytest.fixture
def plain():  # near-miss: BL102 runs on no loop
    return 3


@pytest_asyncio.fixture
async def short():  # near-miss: BL102 the one above has no loop_scope either
    yield 4
