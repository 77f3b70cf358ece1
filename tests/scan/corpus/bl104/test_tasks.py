import asyncio
import contextlib
import unittest

import pytest


async def relay():
    await asyncio.sleep(1)


async def serve(server):
    await server.run()


@pytest.fixture
async def left():
    task = asyncio.create_task(relay())  # expect: BL104
    yield 1


@pytest.fixture
async def discarded():
    asyncio.ensure_future(relay())  # expect: BL104
    yield 1


@pytest.fixture
async def by_loop():
    loop = asyncio.get_running_loop()
    loop.create_task(relay())  # expect: BL104
    yield 1


@pytest.fixture
async def cancelled():
    task = asyncio.create_task(relay())  # near-miss: BL104 cancelled
    yield 1
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


@pytest.fixture
async def awaited():
    task = asyncio.create_task(relay())  # near-miss: BL104 awaited
    yield 1
    await task


@pytest.fixture
async def gathered():
    task = asyncio.create_task(relay())  # near-miss: BL104 gathered
    yield 1
    await asyncio.gather(task)


@pytest.fixture
async def handed_on():
    task = asyncio.create_task(relay())  # near-miss: BL104 the test's to end
    yield task


@pytest.fixture
async def listed():
    tasks = [asyncio.create_task(relay()) for _ in range(3)]  # expect: BL104
    yield len(tasks)


@pytest.fixture
async def appended():
    tasks = []
    tasks.append(asyncio.create_task(relay()))  # expect: BL104
    yield 1


@pytest.fixture
async def listed_and_cancelled():
    tasks = [asyncio.create_task(relay()) for _ in range(3)]  # near-miss: BL104 cancelled one by one
    tasks.append(asyncio.create_task(relay()))  # near-miss: BL104 with the others
    yield 1
    for task in tasks:
        task.cancel()


@pytest.fixture
async def listed_and_gathered():
    tasks = {"relay": asyncio.create_task(relay())}  # near-miss: BL104 gathered
    yield 1
    await asyncio.gather(*tasks.values())


@pytest.fixture
async def somebody_elses(registry):
    registry.append(asyncio.create_task(relay()))  # near-miss: BL104 whose list it is ends them
    yield 1


@pytest.fixture
async def dropped():
    task = asyncio.create_task(relay())  # expect: BL104
    yield task


@pytest.fixture
async def returned():
    return asyncio.get_running_loop().create_task(relay())  # expect: BL104


@pytest.fixture
async def with_others():
    task = asyncio.create_task(relay())  # near-miss: BL104 who uses it looks at it
    return 1, task


@pytest.fixture
async def ended_by_fixture(handed_on):
    yield
    handed_on.cancel()


@pytest.fixture
async def finished():
    return await asyncio.create_task(relay())  # near-miss: BL104 awaited


@pytest.fixture
async def unused():
    return asyncio.create_task(relay())  # near-miss: BL104 no test has it run


@pytest.fixture
async def shut_down(server):
    task = asyncio.create_task(serve(server))  # near-miss: BL104 ends with the server
    yield 1
    await server.stop()


@pytest.fixture
async def grouped():
    async with asyncio.TaskGroup() as group:
        group.create_task(relay())  # near-miss: BL104 the group waits for it
        yield 1


class TestRelay(unittest.IsolatedAsyncioTestCase):
    async def asyncSetUp(self):
        self.task = asyncio.create_task(relay())  # near-miss: BL104 cancelled in asyncTearDown

    async def asyncTearDown(self):
        self.task.cancel()


class TestLeft(unittest.IsolatedAsyncioTestCase):
    async def asyncSetUp(self):
        self.task = asyncio.create_task(relay())  # expect: BL104


async def test_own():
    asyncio.create_task(relay())  # near-miss: BL104 no fixture


async def test_ends_it(handed_on, with_others, finished, ended_by_fixture):
    handed_on.cancel()
    await asyncio.gather(*with_others[1:])


async def test_ignores_it(dropped):
    await asyncio.sleep(0)


@pytest.mark.usefixtures("returned")
async def test_never_sees_it():
    await asyncio.sleep(0)


async def test_looks_at_both(dropped, returned):
    dropped.cancel()
    returned.cancel()
