import asyncio


def pytest_configure(config):
    config.loop = asyncio.get_event_loop()  # near-miss: BL103 nothing ran before


def pytest_sessionfinish(session):
    asyncio.get_event_loop().close()  # expect: BL103
