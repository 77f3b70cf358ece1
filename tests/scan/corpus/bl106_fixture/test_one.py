import pytest


@pytest.fixture
async def thing():
    return 1


async def test_one(thing):
    pass
