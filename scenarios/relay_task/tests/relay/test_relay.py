import asyncio

import pytest

from newsroom.headlines import Headline
from newsroom.screens import Relay, Screen, publish, start_relay


async def test_relay_feeds_the_screens():
    start_relay()
    lobby, gate = Screen("lobby"), Screen("gate")
    await asyncio.gather(publish(lobby, Headline("Hello")), publish(gate, Headline("Boarding", urgent=True)))
    assert (lobby.shown, gate.shown) == (["Hello"], ["BOARDING"])


@pytest.fixture
async def relay():
    relay = Relay()
    relay.start()
    yield relay
    relay.task.cancel()


@pytest.mark.parametrize("count", [1, 2, 7])
async def test_a_relay_shows_one_after_another(relay, count):
    screen = Screen("lobby")
    waiting = [asyncio.get_running_loop().create_future() for _ in range(count)]
    for n, done in enumerate(waiting):
        relay.queue.put_nowait((screen, Headline(f"headline {n}"), done))
    await asyncio.gather(*waiting)
    assert screen.shown == [f"headline {n}" for n in range(count)]


async def test_a_relay_that_was_not_started_waits():
    relay = Relay()
    assert relay.task is None
    assert relay.queue.empty()
