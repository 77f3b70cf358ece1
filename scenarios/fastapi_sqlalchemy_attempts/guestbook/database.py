"""The engine, the sessions of requests, and the one table."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator

from sqlalchemy import String
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

URL = os.environ.get("DATABASE_URL", "postgresql://guestbook@127.0.0.1/guestbook").replace(
    "postgresql:", "postgresql+asyncpg:", 1
)

engine = create_async_engine(URL)
Session = async_sessionmaker(engine, expire_on_commit=False)


class Base(DeclarativeBase):
    pass


class Entry(Base):
    __tablename__ = "entries"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(40))


async def session() -> AsyncIterator[AsyncSession]:
    """A session for one request."""
    async with Session() as opened:
        yield opened
