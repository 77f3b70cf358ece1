import os

import config
import pytest
import pytest_asyncio

WIDTH = "session"
EITHER = "session" if os.environ.get("SHARE") else "function"


def dynamic(fixture_name, config):
    if config.getoption("--keep"):
        return "session"
    return "function"


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
async def named():  # expect: BL101
    return 1


@pytest_asyncio.fixture(scope="session" if os.environ.get("SHARE") else "function")
async def conditional():  # expect: BL101
    return 1


@pytest_asyncio.fixture(scope=dynamic)
async def called():  # expect: BL101
    return 1


@pytest_asyncio.fixture(scope=EITHER, loop_scope=EITHER)
async def both():  # near-miss: BL101 the same expression decides both
    return 1


@pytest_asyncio.fixture(scope=WIDTH, loop_scope=WIDTH)
async def equal_by_name():  # near-miss: BL101 one name for both
    return 1


@pytest_asyncio.fixture(scope=config.WIDTH)
async def computed():  # near-miss: BL101 not known without running it
    return 1
