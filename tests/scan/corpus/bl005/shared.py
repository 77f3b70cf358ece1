import asyncio
import threading
from collections import defaultdict
from dataclasses import dataclass, field

import anyio

LOCK = asyncio.Lock()  # expect: BL005
_QUEUE = asyncio.Queue()  # expect: BL005
LIMITS = {"api": asyncio.Semaphore(3)}  # expect: BL005
_ready = None
UNUSED = asyncio.Event()  # near-miss: BL005 set and asked, never waited for
PUT_ONLY = asyncio.Queue()  # near-miss: BL005 never waits
THREAD_LOCK = threading.Lock()  # near-miss: BL005 no loop
ANYIO_LOCK = anyio.Lock()  # near-miss: BL005 binds to no loop


LOCKS = defaultdict(asyncio.Lock)  # expect: BL005
COUNTS = defaultdict(int)


@dataclass
class Pool:
    size: int = 1
    slots: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(2))
    names: list = field(default_factory=list)


POOL = Pool(3)  # expect: BL005


class Worker:
    queue = asyncio.Queue()  # expect: BL005

    def __init__(self):
        self.lock = asyncio.Lock()  # near-miss: BL005 an attribute of an instance

    async def run(self):
        async with self.lock:
            return await self.queue.get()


class Manager:
    def __init__(self):
        self._guard = asyncio.Lock()

    async def use(self):
        async with self._guard:
            return 1


manager = Manager()  # expect: BL005


async def use():
    async with LOCKS["a"], POOL.slots, LOCK, THREAD_LOCK, ANYIO_LOCK, LIMITS["api"]:
        return await _QUEUE.get()


async def prepare():
    global _ready
    _ready = asyncio.Event()  # expect: BL005
    await _ready.wait()


def flag():
    UNUSED.set()
    PUT_ONLY.put_nowait(1)
    return UNUSED.is_set()


async def local():
    lock = asyncio.Lock()  # near-miss: BL005 a local variable
    async with lock:
        pass


_WAITING = {}


async def wait_for_reply(key):
    _WAITING[key] = asyncio.Event()  # near-miss: BL005 entries come and go
    try:
        await _WAITING[key].wait()
    finally:
        del _WAITING[key]
