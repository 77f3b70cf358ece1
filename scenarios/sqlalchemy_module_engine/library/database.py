"""The one engine of the process."""

from __future__ import annotations

import os

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

URL = os.environ.get("DATABASE_URL", "postgresql://library@127.0.0.1/library")

engine: AsyncEngine = create_async_engine(URL.replace("postgresql:", "postgresql+asyncpg:", 1))


async def version() -> int:
    """The major version of the server."""
    async with engine.connect() as connection:
        found = await connection.execute(text("show server_version_num"))
        return int(found.scalar_one()) // 10000


async def words(phrase: str) -> int:
    """How many words the server finds worth keeping in `phrase`."""
    async with engine.connect() as connection:
        found = await connection.execute(text("select length(to_tsvector('english', :phrase))"), {"phrase": phrase})
        return int(found.scalar_one())
