import functools
import logging
import weakref
from functools import lru_cache

import httpx
import redis.asyncio as redis

_CLIENTS = {}
_ALL = []
POOLS = {"main": redis.ConnectionPool.from_url("redis://localhost")}  # expect: BL004
_NAMES = {"main": "redis://localhost"}


_ALIVE = weakref.WeakSet()
_STRONG = weakref.WeakKeyDictionary()


class Owner:
    opened = weakref.WeakSet()


def remember_weakly(owner):
    client = httpx.AsyncClient()
    _ALIVE.add(client)  # near-miss: BL004 a weak reference keeps nothing
    Owner.opened.add(httpx.AsyncClient())  # near-miss: BL004 the same in a class
    _STRONG[owner] = httpx.AsyncClient()  # expect: BL004
    return client


@lru_cache
def get_client():
    return httpx.AsyncClient()  # expect: BL004


@functools.lru_cache(maxsize=None)
def get_redis(url):
    client = redis.from_url(url)  # expect: BL004
    return client


@functools.cache
def get_sync():
    return httpx.Client()  # near-miss: BL004 not asynchronous


@functools.cache
def client_of(loop):
    return httpx.AsyncClient()  # near-miss: BL004 cached by loop


def by_key(key):
    if key not in _CLIENTS:
        _CLIENTS[key] = httpx.AsyncClient()  # expect: BL004
    return _CLIENTS[key]


def remember():
    _ALL.append(httpx.AsyncClient())  # expect: BL004


class Handler(logging.Handler):
    def __init__(self, client):
        super().__init__()
        self.client = client


def log_to_redis():
    logging.getLogger().addHandler(Handler(redis.Redis()))  # expect: BL004


def with_default(client=httpx.AsyncClient()):  # expect: BL004
    return client


def with_sentinel(client=None):
    return client or httpx.AsyncClient()  # near-miss: BL004 made by each call


def local_container():
    clients = {}
    clients["a"] = httpx.AsyncClient()  # near-miss: BL004 a local container
    return len(clients)


class Registry:
    _shared = {}

    def __init__(self):
        self._own = {}

    def put(self, key):
        self._shared[key] = httpx.AsyncClient()  # expect: BL004
        self._own[key] = httpx.AsyncClient()  # near-miss: BL004 each instance has its own


@lru_cache
def cleared():
    return httpx.AsyncClient()  # near-miss: BL004 a fixture clears the cache
