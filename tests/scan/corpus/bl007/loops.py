import asyncio
import threading
from dataclasses import dataclass

_main = _asked = _compared = _unused = _own = _client_loop = None


def keep():
    global _main
    _main = asyncio.get_running_loop()  # expect: BL007


def from_thread(coroutine):
    return asyncio.run_coroutine_threadsafe(coroutine, _main)


@dataclass
class Outbox:
    url: str
    loop: asyncio.AbstractEventLoop

    def post(self, message):
        self.loop.call_soon(print, message)


OUTBOX: "Outbox | None" = None


def connect(url):
    global OUTBOX
    OUTBOX = Outbox(url, asyncio.get_running_loop())  # expect: BL007


class Scheduler:
    loop = None

    @classmethod
    async def start(cls):
        cls.loop = asyncio.get_running_loop()  # expect: BL007

    @classmethod
    def later(cls, call):
        cls.loop.call_later(1, call)


def ask_first():
    global _asked
    _asked = asyncio.get_running_loop()  # near-miss: BL007 nothing is put on it once it is closed


def post(call):
    if _asked is not None and not _asked.is_closed():
        _asked.call_soon(call)


def compare():
    global _compared
    _compared = asyncio.get_running_loop()  # near-miss: BL007 only compared


def is_same():
    return _compared is asyncio.get_running_loop()


def of_this_loop():
    global _client_loop
    loop = asyncio.get_running_loop()
    if _client_loop is not loop:
        _client_loop = loop  # near-miss: BL007 looked up again where it is another one
    _client_loop.call_soon(print)


def own():
    global _own
    _own = asyncio.new_event_loop()  # near-miss: BL007 a thread's own loop, which no test closes
    threading.Thread(target=_own.run_forever, daemon=True).start()
    _own.call_soon_threadsafe(print)


class Heart:
    """Beats on the loop that it is given, for as long as that runs."""

    def __init__(self):
        self.loop = None

    def start(self, loop):
        self.loop = loop
        loop.call_soon(self.beat)

    def beat(self):
        self.loop.call_later(1, self.beat)


HEART = Heart()


def start_heart():
    HEART.start(asyncio.get_running_loop())  # near-miss: BL007 only the loop itself calls what uses it


class LoopThread:
    """Runs a loop of its own in a thread; nothing but the thread gets to `_run`."""

    def __init__(self):
        self.loop = None
        self.thread = threading.Thread(target=self._entry, daemon=True)

    def _entry(self):
        asyncio.run(self._run())

    async def _run(self):
        self.loop = asyncio.get_running_loop()
        await asyncio.sleep(3600)

    def submit(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop)


THREAD = LoopThread()  # near-miss: BL007 the loop is the thread's


class LoopOfCaller(LoopThread):
    """Runs the same in the caller's thread."""

    def __init__(self):
        self.loop = None

    async def run(self):
        self.loop = asyncio.get_running_loop()


CALLER = LoopOfCaller()  # expect: BL007


class Worker:
    def __init__(self):
        self.loop = asyncio.get_running_loop()  # near-miss: BL007 an attribute of an instance

    def later(self, call):
        self.loop.call_later(1, call)
