import pytest

from backend import live_events
from backend.api.main import create_app


async def test_nobody_listens_without_a_bus():
    assert await live_events.publish("status", {"up": True}) == 0


async def test_bound_bus_gets_the_event():
    bus = live_events.MemoryBus()
    live_events.bind(bus)
    await live_events.publish("status", {"up": True})
    assert bus.published == [("status", {"up": True})]


@pytest.mark.parametrize("channel", ["status", "orders", "parcels"])
async def test_app_publishes(channel):
    create_app()
    assert await live_events.publish(channel, {"up": True}) == 0


def test_no_bus_to_begin_with():
    assert live_events.current_bus() is None


def test_last_bound_bus_counts():
    first, second = live_events.MemoryBus(), live_events.MemoryBus()
    live_events.bind(first)
    live_events.bind(second)
    assert live_events.current_bus() is second
