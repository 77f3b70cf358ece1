import pytest


@pytest.mark.asyncio(loop_scope="session")
async def test_all(session, other, plain, short):
    pass
