import asyncio

import pytest

from backup.store import Store, blocks


@pytest.fixture
def store():
    store = Store()
    yield store
    asyncio.get_event_loop().run_until_complete(store.close())


def test_new_store_is_empty(store):
    assert store.blocks == {}


@pytest.mark.parametrize(
    ("data", "size", "count"), [(b"", 4, 0), (b"abcd", 4, 1), (b"abcde", 4, 2), (b"abc", 1, 3), (b"x" * 9000, 4096, 3)]
)
def test_blocks(data, size, count):
    cut = blocks(data, size)
    assert len(cut) == count
    assert b"".join(cut) == data


@pytest.mark.parametrize("size", [0, -1])
def test_blocks_of_nothing(size):
    with pytest.raises(ValueError, match="at least one byte"):
        blocks(b"abc", size)
