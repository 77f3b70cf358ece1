import os

import pytest
import redis

from boxoffice.holds import Holds
from boxoffice.orders import Orders, connect


@pytest.fixture(scope="session")
def database():
    """A connection to tables that are new."""
    if "DATABASE_URL" not in os.environ:
        pytest.skip("needs DATABASE_URL")
    connection = connect(os.environ["DATABASE_URL"])
    Orders(connection).make_table()
    connection.commit()
    yield connection
    connection.close()


@pytest.fixture(scope="session")
def cache():
    """A client of a Redis that is empty."""
    if "REDIS_URL" not in os.environ:
        pytest.skip("needs REDIS_URL")
    client = redis.Redis.from_url(os.environ["REDIS_URL"], decode_responses=True)
    client.flushdb()
    yield client
    client.close()


@pytest.fixture
def orders(database):
    """What a test writes is rolled back."""
    yield Orders(database)
    database.rollback()


@pytest.fixture
def holds(cache):
    yield Holds(cache)
