from __future__ import annotations

import os

import pytest
from sqlalchemy.ext.asyncio import create_async_engine

from orchard.trees import plant

TREES = [
    {"name": "A1", "kind": "apple", "kilos": 40.0},
    {"name": "A2", "kind": "apple", "kilos": 35.5},
    {"name": "P1", "kind": "plum", "kilos": 12.0},
]


@pytest.fixture(scope="session")
async def engine():
    """A database with an orchard in it, once for all tests."""
    if "DATABASE_URL" not in os.environ:
        pytest.skip("needs DATABASE_URL")
    engine = create_async_engine(os.environ["DATABASE_URL"].replace("postgresql:", "postgresql+asyncpg:", 1))
    await plant(engine, TREES)
    yield engine
    await engine.dispose()
