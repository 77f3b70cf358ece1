import shared


async def test_shared():
    await shared.use()
    await shared.prepare()
    await shared.Worker().run()
    await shared.manager.use()
    await shared.local()
    shared.flag()
