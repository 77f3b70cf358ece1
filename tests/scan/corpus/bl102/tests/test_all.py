import pytest
import pytest_asyncio


@pytest_asyncio.fixture
async def other(other):  # expect: BL102
    yield other


@pytest_asyncio.fixture
async def lone():  # near-miss: BL102 overrides nothing
    yield 1


@pytest.mark.asyncio(loop_scope="session")
async def test_all(session, other, plain, short):
    pass
