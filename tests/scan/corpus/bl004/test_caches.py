import asyncio

import caches
import pytest


@pytest.fixture(autouse=True)
def clear():
    yield
    caches.cleared.cache_clear()


async def test_caches():
    caches.get_client()
    caches.remember_weakly(pytest)
    caches.get_redis("redis://localhost")
    caches.client_of(asyncio.get_running_loop())
    caches.by_key("a")
    caches.remember()
    caches.log_to_redis()
    caches.with_default()
    caches.with_sentinel()
    caches.local_container()
    caches.Registry().put("a")
    caches.cleared()
