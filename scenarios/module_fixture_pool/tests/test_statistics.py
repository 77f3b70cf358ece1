import os

import pytest

from meters.database import Database, median, spread

pytestmark = pytest.mark.skipif("DATABASE_URL" not in os.environ, reason="needs DATABASE_URL")


@pytest.fixture(scope="module")
def database():
    """Connecting takes long: once for this file is enough."""
    return Database(os.environ["DATABASE_URL"])


async def test_median(database):
    assert await median(database, [1.0, 9.0, 2.0]) == 2.0


async def test_spread(database):
    assert await spread(database, [1.0, 9.0, 2.0]) == 8.0
