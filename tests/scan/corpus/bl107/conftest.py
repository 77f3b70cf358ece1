import asyncio

import pytest


@pytest.fixture(scope="session")
def event_loop():  # expect: BL107
    loop = asyncio.get_event_loop()
    yield loop
    loop.close()


@pytest.fixture
def loop():  # near-miss: BL107 another name
    loop = asyncio.new_event_loop()
    yield loop
    loop.close()


def make_event_loop():
    return asyncio.new_event_loop()


class Event:
    def event_loop(self):  # near-miss: BL107 no fixture
        return None
