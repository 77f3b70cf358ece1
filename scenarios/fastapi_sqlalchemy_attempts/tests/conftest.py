from __future__ import annotations

import asyncio
import os

import httpx
import pytest
from sqlalchemy.ext.asyncio import create_async_engine

from guestbook.app import app
from guestbook.database import URL, Base


@pytest.fixture(scope="session")
def tables():
    """Empty tables; they are made once."""
    if "DATABASE_URL" not in os.environ:
        pytest.skip("needs DATABASE_URL")

    async def make():
        engine = create_async_engine(URL)
        async with engine.begin() as connection:
            await connection.run_sync(Base.metadata.drop_all)
            await connection.run_sync(Base.metadata.create_all)
        await engine.dispose()

    asyncio.run(make())


@pytest.fixture
async def guest(tables):
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://guestbook") as guest:
        yield guest
