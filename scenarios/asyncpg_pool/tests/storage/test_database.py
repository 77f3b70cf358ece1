import os

import pytest

from lockers.hall import first_free, leave
from lockers.storage import Memory, open_database

needs_database = pytest.mark.skipif("DATABASE_URL" not in os.environ, reason="needs DATABASE_URL")


@needs_database
async def test_lockers_in_the_database():
    database = await open_database(os.environ["DATABASE_URL"])
    assert await first_free(["F23"]) == "F23"
    await leave("F23", database)


@pytest.mark.parametrize("locker", ["A01", "F24"])
async def test_memory_takes_once(locker):
    memory = Memory()
    assert [await memory.take(locker), await memory.take(locker)] == [True, False]
