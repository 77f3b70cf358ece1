"""No option, strict mode: the loop follows the fixture's scope, and plain fixtures are another plugin's."""

import pytest
import pytest_asyncio


@pytest_asyncio.fixture(scope="session")
async def data():  # near-miss: BL101 a session loop by default
    return 1


@pytest.fixture(scope="session")
async def anyio_data():  # near-miss: BL101 not run by pytest-asyncio
    return 1


@pytest_asyncio.fixture(scope="session", loop_scope="function")
async def narrow():  # expect: BL101
    return 1
