import pytest


@pytest.fixture(name="event_loop")
def my_loop():  # expect: BL107
    yield None


@pytest.mark.asyncio
async def test_one(event_loop):
    pass
