"""Objects that are opened and closed by whoever uses them, and objects that hold what others close."""

import httpx


class Database:
    def __init__(self):
        self.pool = None
        self.copy = None

    async def connect(self):
        self.pool = httpx.AsyncClient()
        self.copy = self.pool

    async def disconnect(self):
        await self.pool.aclose()

    async def __aenter__(self):
        await self.connect()

    async def __aexit__(self, *error):
        await self.disconnect()


DATABASE = Database()  # near-miss: BL001 opened and closed by `async with`


class Api:
    """Opens by itself on first use; somebody has to remember to close it."""

    def __init__(self):
        self.session = None

    def _session(self):
        if self.session is None:
            self.session = httpx.AsyncClient()
        return self.session

    async def fetch(self):
        return await self._session().get("http://localhost")

    async def close(self):
        await self.session.aclose()


API = Api()  # expect: BL001

_first = _second = None


def keep_twice():
    global _first, _second
    client = httpx.AsyncClient()
    _first = client  # near-miss: BL001 the fixture closes the object, so the other holder is safe too
    _second = client
