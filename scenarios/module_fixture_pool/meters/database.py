"""A database that connects when it is first asked."""

from __future__ import annotations

import asyncpg


class Database:
    def __init__(self, url: str) -> None:
        self.url = url
        self.pool: asyncpg.Pool | None = None

    async def ask(self, question: str, *args: object) -> object:
        """The one value that answers `question`."""
        if self.pool is None:
            self.pool = await asyncpg.create_pool(self.url, min_size=1, max_size=1)
        return await self.pool.fetchval(question, *args)


async def median(database: Database, readings: list[float]) -> float:
    found = await database.ask(
        "select percentile_cont(0.5) within group (order by r) from unnest($1::float[]) r", readings
    )
    return float(str(found))


async def spread(database: Database, readings: list[float]) -> float:
    found = await database.ask("select max(r) - min(r) from unnest($1::float[]) r", readings)
    return float(str(found))
