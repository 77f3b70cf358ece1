import pytest
import scopes

SCOPE = "session"
on_session = pytest.mark.asyncio(loop_scope="session")


async def test_engine(session):
    pass


async def test_sync_engine(sync_engine, poolless, own_pool, answer):
    pass


@pytest.mark.asyncio(loop_scope="session")
async def test_rows(rows, wide_rows, wide_pool):
    pass


def test_plain(wide_pool):
    pass


@on_session
async def test_named_mark(wide_pool):
    pass


@pytest.mark.asyncio(loop_scope=SCOPE)
async def test_named_scope(wide_pool):
    pass


@pytest.mark.asyncio(loop_scope=scopes.WIDE)
async def test_unknown_scope(wide_pool):
    pass


async def test_lazy(lazy):
    assert await lazy.ask() == 1


async def test_disposed(disposing, disposed_engine):
    pass
