import pytest


@pytest.fixture
def thing():
    return 1


async def test_one(thing):
    pass
