import asyncio

import pytest

from thumbs import slots


@pytest.fixture
def no_slots(monkeypatch):
    monkeypatch.setattr(slots, "_SLOTS", None)


async def test_only_so_many_at_once():
    slots.configure(2)
    running, most = 0, 0

    async def work():
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0)
        running -= 1

    await asyncio.gather(*(slots.in_turn(work) for _ in range(6)))
    assert most == 2


@pytest.mark.parametrize("at_once", [0, -1])
def test_no_slots_at_all(no_slots, at_once):
    with pytest.raises(ValueError, match="at least one"):
        slots.configure(at_once)


async def test_without_configuration_there_is_room(no_slots):
    async def work():
        return "done"

    assert await slots.in_turn(work) == "done"


@pytest.mark.parametrize("at_once", [1, 3])
async def test_a_failure_gives_its_slot_back(no_slots, at_once):
    slots.configure(at_once)

    async def work():
        raise OSError("disk full")

    for _ in range(5):
        with pytest.raises(OSError, match="disk full"):
            await slots.in_turn(work)
