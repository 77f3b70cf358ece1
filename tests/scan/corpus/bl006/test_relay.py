import pytest
import relay


@pytest.fixture(autouse=True)
async def stopped():
    yield
    await relay.stop()


async def test_relay():
    relay.start()
    relay.start_by_loop()
    relay.in_background()
    relay.start_stoppable()
    await relay.run_both()
    relay.fire()


async def test_servers():
    await relay.serve()
