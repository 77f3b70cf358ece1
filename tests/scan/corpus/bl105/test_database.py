import pytest


async def test_engine(session):
    pass


async def test_sync_engine(sync_engine, poolless, own_pool, answer):
    pass


@pytest.mark.asyncio(loop_scope="session")
async def test_rows(rows, wide_rows, wide_pool):
    pass


def test_plain(wide_pool):
    pass
