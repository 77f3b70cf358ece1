import pytest

from lockers.hall import first_free, leave
from lockers.storage import Memory


async def test_guest_takes_a_locker_and_leaves():
    locker = await first_free(["A01", "A02"])
    assert locker == "A01"
    await leave(locker)


@pytest.fixture
def memory():
    return Memory()


async def test_nothing_wanted(memory):
    assert await first_free([], memory) is None


@pytest.mark.parametrize("taken", [0, 1, 2, 3])
async def test_next_guest_takes_the_next_one(memory, taken):
    wanted = ["A01", "A02", "A03"]
    for _ in range(taken):
        await first_free(wanted, memory)
    assert await first_free(wanted, memory) == ([*wanted, None])[taken]


async def test_a_locker_that_was_left_is_free(memory):
    await first_free(["A01"], memory)
    await leave("A01", memory)
    assert await first_free(["A01"], memory) == "A01"


async def test_leaving_what_nobody_took(memory):
    await leave("A01", memory)
    assert memory.taken == set()
