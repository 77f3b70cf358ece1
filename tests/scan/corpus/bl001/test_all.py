import clients
import streams


async def test_clients():
    await clients.init_pool()
    clients.get_client()
    await clients.get_session()
    clients.wire_up("redis://localhost")
    clients.set_by_name()
    clients.on_function()
    await clients.use_locally()


async def test_streams():
    await streams.pair()
    await streams.link()
    await streams.passing()
    streams.rest()
