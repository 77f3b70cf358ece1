import asyncio
import unittest
from asyncio import get_event_loop

import pytest


@pytest.fixture
def started():
    asyncio.get_event_loop().run_until_complete(asyncio.sleep(0))  # expect: BL103
    yield
    loop = get_event_loop()  # expect: BL103
    loop.run_until_complete(asyncio.sleep(0))


@pytest.fixture
def finalized(request):
    def finish():
        asyncio.get_event_loop().run_until_complete(asyncio.sleep(0))  # expect: BL103

    request.addfinalizer(finish)


class TestThings(unittest.TestCase):
    def setUp(self):
        self.loop = asyncio.get_event_loop()  # expect: BL103

    def tearDown(self):
        asyncio.get_event_loop().close()  # expect: BL103

    def test_in_a_test(self):
        asyncio.get_event_loop()  # near-miss: BL103 not in a fixture or tear-down


class TestAsync(unittest.IsolatedAsyncioTestCase):
    def setUp(self):
        self.loop = asyncio.get_event_loop()  # near-miss: BL103 this base has set its loop

    @classmethod
    def tearDownClass(cls):
        asyncio.get_event_loop()  # expect: BL103


@pytest.fixture
async def running():
    return asyncio.get_event_loop()  # near-miss: BL103 a running loop is what it gives


@pytest.fixture
def new():
    loop = asyncio.new_event_loop()  # near-miss: BL103 a loop of its own
    yield loop
    loop.close()


@pytest.fixture
def careful():
    try:
        loop = asyncio.get_event_loop()  # near-miss: BL103 provides for there being none
    except RuntimeError:
        loop = asyncio.new_event_loop()
    return loop


@pytest.fixture
def installed():
    asyncio.set_event_loop(asyncio.new_event_loop())
    return asyncio.get_event_loop()  # near-miss: BL103 looks for the loop that it has set


def helper():
    return asyncio.get_event_loop()  # near-miss: BL103 no fixture
