import asyncio

_TASK = None
_STOPPED = None
_RUNNING = set()
_JOBS = {}


async def relay():
    while True:
        await asyncio.sleep(1)


def start():
    global _TASK
    _TASK = asyncio.create_task(relay())  # expect: BL006


def start_by_loop():
    loop = asyncio.get_running_loop()
    _JOBS["relay"] = loop.create_task(relay())  # expect: BL006


def in_background():
    task = asyncio.create_task(relay())
    _RUNNING.add(task)  # near-miss: BL006 leaves the set when it is done
    task.add_done_callback(_RUNNING.discard)


def start_stoppable():
    global _STOPPED
    _STOPPED = asyncio.create_task(relay())  # near-miss: BL006 a fixture stops it


async def stop():
    _STOPPED.cancel()


async def run_both():
    async with asyncio.TaskGroup() as group:
        first = group.create_task(relay())  # near-miss: BL006 the group ends it
        second = asyncio.create_task(relay())  # near-miss: BL006 a local variable
        await second
        return first


class Relay:
    def __init__(self):
        self.task = None

    def start(self):
        self.task = asyncio.create_task(relay())


RELAY = Relay()  # expect: BL006


class Server:
    """Its tasks leave when they are done, by its own hand."""

    def __init__(self):
        self.tasks = set()
        self.kept = []

    async def serve(self):
        task = asyncio.create_task(relay())
        self.tasks.add(task)
        try:
            await task
        finally:
            self.tasks.remove(task)


class Hoarder(Server):
    async def serve(self):
        self.kept.append(asyncio.create_task(relay()))


SERVER = Server()  # near-miss: BL006 single tasks are taken out again
HOARDER = Hoarder()  # expect: BL006


def fire():
    RELAY.start()


async def serve():
    await SERVER.serve()
    await HOARDER.serve()
