import pytest

from turnstile.counters import InMemory, InRedis, connect


async def test_each_key_counts_for_itself(counters):
    assert [await counters.add(key) for key in "aab"] == [1, 2, 1]


async def test_a_new_test_starts_at_one(counters):
    assert await counters.add("a") == 1


async def test_closing_takes_the_counts_away():
    first = connect()
    await first.add("a")
    await first.close()
    second = connect()
    assert await second.add("a") == 1
    await second.close()


@pytest.mark.parametrize("key", ["", "with blank", "ä", "a:b:c", "*"])
async def test_keys_may_be_any_text(counters, key):
    assert [await counters.add(key), await counters.add(key)] == [1, 2]


async def test_redis_where_the_environment_names_one(monkeypatch):
    monkeypatch.setenv("REDIS_URL", "redis://127.0.0.1:1/0")
    counters = connect()
    assert isinstance(counters, InRedis)
    await counters.close()


def test_memory_where_it_names_none(monkeypatch):
    monkeypatch.delenv("REDIS_URL", raising=False)
    assert isinstance(connect(), InMemory)
