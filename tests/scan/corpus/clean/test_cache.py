import cache


async def test_cache():
    assert cache.client() is cache.client()
    async with cache.LOCKS.lock():
        pass
