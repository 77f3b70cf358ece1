import os

import pytest

from library import database

pytestmark = pytest.mark.skipif("DATABASE_URL" not in os.environ, reason="needs DATABASE_URL")


async def test_server_is_recent():
    assert await database.version() >= 12


async def test_small_words_are_not_kept():
    assert await database.words("the rat and the atlas") == 2
