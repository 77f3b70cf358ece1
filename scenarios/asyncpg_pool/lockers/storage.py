"""Which lockers are taken: in PostgreSQL where the service runs, else in memory."""

from __future__ import annotations

from typing import Protocol

import asyncpg

TABLE = "create table if not exists taken (locker text primary key)"


class Storage(Protocol):
    async def take(self, locker: str) -> bool: ...

    async def free(self, locker: str) -> None: ...


class Memory:
    def __init__(self) -> None:
        self.taken: set[str] = set()

    async def take(self, locker: str) -> bool:
        if locker in self.taken:
            return False
        self.taken.add(locker)
        return True

    async def free(self, locker: str) -> None:
        self.taken.discard(locker)


class Database:
    def __init__(self, pool: asyncpg.Pool) -> None:
        self.pool = pool

    async def take(self, locker: str) -> bool:
        done = await self.pool.execute("insert into taken values ($1) on conflict do nothing", locker)
        return bool(done.endswith("1"))

    async def free(self, locker: str) -> None:
        await self.pool.execute("delete from taken where locker = $1", locker)


_STORAGE: Storage = Memory()


async def open_database(url: str) -> Database:
    """Keep everything in the database at `url` from now on."""
    global _STORAGE
    pool = await asyncpg.create_pool(url, min_size=1, max_size=2)
    await pool.execute(TABLE)
    await pool.execute("truncate taken")  # nothing stays in a locker overnight
    database = _STORAGE = Database(pool)
    return database


def storage() -> Storage:
    return _STORAGE
