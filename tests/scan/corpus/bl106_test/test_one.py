import pytest
import pytest_asyncio


@pytest_asyncio.fixture
async def thing():
    return 1


@pytest.mark.asyncio
async def test_one(thing):
    pass
