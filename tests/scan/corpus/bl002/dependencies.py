"""Containers of dependencies, and classes of one instance."""

import httpx
import punq
import redis.asyncio as redis
from dependency_injector import containers, providers

REGISTRY = punq.Container()


def make_client(base_url):
    return httpx.AsyncClient(base_url=base_url)


class Container(containers.DeclarativeContainer):
    client = providers.Singleton(httpx.AsyncClient)  # expect: BL002
    made = providers.Singleton(make_client, base_url="http://localhost")  # expect: BL002
    each = providers.Factory(httpx.AsyncClient)  # near-miss: BL002 one for each call
    closed = providers.Resource(make_client)  # near-miss: BL002 shut down with the container
    name = providers.Singleton(str)  # near-miss: BL002 binds to no loop


class Reset(containers.DeclarativeContainer):
    redis = providers.Singleton(redis.from_url, "redis://localhost")  # near-miss: BL002 a fixture resets it


def register():
    REGISTRY.register(httpx.AsyncClient, instance=httpx.AsyncClient())  # expect: BL004
    REGISTRY.register(httpx.AsyncClient, factory=httpx.AsyncClient)  # near-miss: BL004 made when asked for


class Once(type):
    made = {}

    def __call__(cls, *args):
        if cls not in cls.made:
            cls.made[cls] = super().__call__(*args)
        return cls.made[cls]


class Counting(type):
    def __call__(cls, *args):
        return super().__call__(*args)


class Single(metaclass=Once):
    def __init__(self):
        self.client = httpx.AsyncClient()


class Many(metaclass=Counting):
    def __init__(self):
        self.client = httpx.AsyncClient()


def singles():
    single = Single()  # expect: BL002
    return single, Many()  # near-miss: BL002 a new one for each call
