"""Trees and what they bear."""

from __future__ import annotations

from sqlalchemy import Column, Float, MetaData, String, Table, func, insert, select
from sqlalchemy.ext.asyncio import AsyncEngine

metadata = MetaData()
trees = Table(
    "trees", metadata, Column("name", String, primary_key=True), Column("kind", String), Column("kilos", Float)
)


async def plant(engine: AsyncEngine, rows: list[dict[str, object]]) -> None:
    """Start anew, with `rows`."""
    async with engine.begin() as connection:
        await connection.run_sync(metadata.drop_all)
        await connection.run_sync(metadata.create_all)
        await connection.execute(insert(trees), rows)


async def total(engine: AsyncEngine, kind: str) -> float:
    """Kilos of all trees of a kind."""
    async with engine.connect() as connection:
        found = await connection.execute(select(func.coalesce(func.sum(trees.c.kilos), 0)).where(trees.c.kind == kind))
        return float(found.scalar_one())


async def kinds(engine: AsyncEngine) -> list[str]:
    async with engine.connect() as connection:
        found = await connection.execute(select(trees.c.kind).distinct().order_by(trees.c.kind))
        return list(found.scalars())
