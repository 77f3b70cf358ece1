import asyncio

from weather.clients import AT_ONCE, HTTP, PerLoop


async def test_one_client_for_a_loop():
    assert HTTP.get() is HTTP.get()
    assert AT_ONCE.get() is AT_ONCE.get()


def test_loops_share_nothing():
    values = PerLoop(object)

    async def get():
        return values.get()

    loops = [asyncio.new_event_loop() for _ in range(2)]
    first, second = (loop.run_until_complete(get()) for loop in loops)
    for loop in loops:
        loop.close()
    assert first is not second


async def test_waiting_on_a_semaphore_of_the_loop():
    async def hold():
        async with AT_ONCE.get():
            await asyncio.sleep(0)

    await asyncio.gather(*(hold() for _ in range(5)))
    assert not AT_ONCE.get().locked()
