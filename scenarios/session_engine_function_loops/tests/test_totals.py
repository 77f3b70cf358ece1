import pytest

from orchard.trees import total

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_total_of_a_kind(engine):
    assert await total(engine, "apple") == 75.5
