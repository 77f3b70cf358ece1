import aiohttp
import httpx
from motor.motor_asyncio import AsyncIOMotorClient


class Mongo:
    client = AsyncIOMotorClient("mongodb://localhost")  # expect: BL002
    orders = AsyncIOMotorClient("mongodb://localhost")["shop"].orders  # expect: BL002
    sync = httpx.Client()  # near-miss: BL002 not asynchronous


class Api:
    _session = None
    _shared = None
    _typed = None

    @classmethod
    async def session(cls):
        if cls._session is None:
            cls._session = aiohttp.ClientSession()  # expect: BL002
        return cls._session

    def share(self):
        self.__class__._shared = httpx.AsyncClient()  # expect: BL002
        type(self)._typed = httpx.AsyncClient()  # expect: BL002

    def own(self):
        self._session = httpx.AsyncClient()  # near-miss: BL002 hides the class's, for this instance alone


class Single:
    _instance = None

    def __init__(self):
        self.client = httpx.AsyncClient()

    @classmethod
    def get(cls):
        if cls._instance is None:
            cls._instance = cls()  # expect: BL002
        return cls._instance


class Newborn:
    _instance = None

    def __new__(cls):
        if cls._instance is None:
            cls._instance = super().__new__(cls)  # expect: BL002
        return cls._instance

    def connect(self):
        self.session = aiohttp.ClientSession()


class SingletonMeta(type):
    pass


class Gateway(metaclass=SingletonMeta):
    def __init__(self):
        self.client = httpx.AsyncClient()


def gateway():
    return Gateway()  # expect: BL002


def install():
    Api.extra = httpx.AsyncClient()  # expect: BL002


def local_class():
    class Inner:
        client = httpx.AsyncClient()  # near-miss: BL002 the class itself goes with the call

    return Inner


class Closing:
    client = None

    @classmethod
    async def open(cls):
        cls.client = httpx.AsyncClient()  # near-miss: BL002 a fixture closes it

    @classmethod
    async def close(cls):
        await cls.client.aclose()
