import pytest

from turnstile.counters import connect
from turnstile.gate import Gate


@pytest.fixture
async def counters():
    opened = connect()
    yield opened
    await opened.close()


@pytest.fixture
def gate(counters):
    return Gate(counters, per_minute=3)
