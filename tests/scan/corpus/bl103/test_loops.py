import asyncio
import unittest
from asyncio import get_event_loop
from asyncio import get_event_loop as current_loop

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


def for_tests(loop=None):
    return loop or asyncio.get_event_loop()  # near-miss: BL103 may be given one


async def in_coroutine():
    return for_coroutine()


def for_coroutine():
    return asyncio.get_event_loop()  # near-miss: BL103 called from a coroutine only


def run(coroutine):
    return asyncio.get_event_loop().run_until_complete(coroutine)  # expect: BL103


def stop():
    run(asyncio.sleep(0))


@pytest.fixture
def by_helper():
    yield for_tests()
    stop()


@pytest.fixture
async def async_fixture():
    return for_coroutine()


@pytest.fixture
def renamed():
    yield
    current_loop().run_until_complete(asyncio.sleep(0))  # expect: BL103


@pytest.fixture
def by_policy():
    yield
    asyncio.get_event_loop_policy().get_event_loop().close()  # expect: BL103
    asyncio.get_event_loop_policy().new_event_loop().close()  # near-miss: BL103 a new one


@pytest.fixture
def with_lambda(request):
    request.addfinalizer(lambda: asyncio.get_event_loop().close())  # expect: BL103
    request.node.later = lambda: asyncio.get_event_loop()  # near-miss: BL103 whoever calls it decides


class TestCleanup(unittest.TestCase):
    def setUp(self):
        self.addCleanup(self.done)

    def done(self):
        asyncio.get_event_loop().close()  # expect: BL103

    def test_nothing(self):
        pass
