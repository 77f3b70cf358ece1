import pytest
import pytest_asyncio

WIDTH = "session"


@pytest_asyncio.fixture(scope="session")
async def data():  # expect: BL101
    return 1


@pytest.fixture(scope="module")
async def rows():  # expect: BL101
    yield 1


@pytest_asyncio.fixture(scope="session", loop_scope="module")
async def narrow():  # expect: BL101
    return 1


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def equal():  # near-miss: BL101 the loop lives as long
    return 1


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def wider():  # near-miss: BL101 the loop lives longer
    return 1


@pytest_asyncio.fixture
async def short():  # near-miss: BL101 function scope on a function loop
    return 1


@pytest.fixture(scope="session")
def plain():  # near-miss: BL101 runs on no loop
    return 1


@pytest_asyncio.fixture(scope=WIDTH)
async def computed():  # near-miss: BL101 not known without running it
    return 1
