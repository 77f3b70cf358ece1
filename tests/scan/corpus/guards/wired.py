import asyncio
import os
import sys
import weakref
from contextlib import asynccontextmanager

import httpx

from flags import settings, under_pytest

_by_flag = _by_env = _by_version = _by_module = _reset = _cleared = _per_loop = _scoped = _closed = None
_hooked = _in_test_mode = _elsewhere = _reversed = _late = _some_tests = _paired = _inverted = _through = _no_loop = None
_loop = None
_clients = {}
_weak = weakref.WeakKeyDictionary()


def guarded_by_function():
    global _by_flag
    if under_pytest():
        return
    _by_flag = httpx.AsyncClient()  # near-miss: BL001 a helper that asks for PYTEST_CURRENT_TEST


def guarded_by_current_test():
    global _by_env
    if "PYTEST_CURRENT_TEST" not in os.environ and settings.url:
        _by_env = httpx.AsyncClient()  # near-miss: BL001 guarded


def guarded_by_version():
    global _by_version
    is_test = os.environ.get("PYTEST_VERSION") is not None
    if not is_test:
        _by_version = httpx.AsyncClient()  # near-miss: BL001 guarded


def guarded_by_module():
    global _by_module
    _by_module = None if "pytest" in sys.modules else httpx.AsyncClient()  # near-miss: BL001 guarded


def only_under_pytest():
    global _reversed
    if "PYTEST_CURRENT_TEST" in os.environ:
        _reversed = httpx.AsyncClient()  # expect: BL001


def wrong_way_round():
    global _inverted
    if not os.environ.get("PYTEST_CURRENT_TEST"):
        return
    _inverted = httpx.AsyncClient()  # expect: BL001


def guarded_too_late():
    global _late
    if os.environ.get("PYTEST_CURRENT_TEST") is None:
        _late = httpx.AsyncClient()  # expect: BL001


guarded_too_late()  # at collection the variable is not set yet


def through_caller():
    global _through
    _through = httpx.AsyncClient()  # near-miss: BL001 its only caller asks


def startup():
    if not under_pytest():
        through_caller()


def reset_by_fixture():
    global _reset
    _reset = httpx.AsyncClient()  # near-miss: BL001 an autouse fixture sets it to None


def close_elsewhere():
    global _elsewhere
    _elsewhere = httpx.AsyncClient()  # near-miss: BL001 an autouse fixture calls shut()


async def shut():
    await _elsewhere.aclose()


def reset_by_hook():
    global _hooked
    _hooked = httpx.AsyncClient()  # near-miss: BL001 a hook resets it after every test


def not_in_test_mode():
    global _in_test_mode
    if os.environ.get("MODE", "prod") != "test":
        _in_test_mode = httpx.AsyncClient()  # near-miss: BL001 pytest.ini sets MODE


def reset_for_some():
    global _some_tests
    _some_tests = httpx.AsyncClient()  # expect: BL001


def client_of_this_loop():
    global _per_loop, _loop
    running = asyncio.get_running_loop()
    if _per_loop is None or _loop is not running:
        _per_loop, _loop = httpx.AsyncClient(), running  # near-miss: BL001 one for each loop
    return _per_loop


def client_of_no_loop():
    global _no_loop
    loop = asyncio.get_event_loop()
    if loop is None or settings.use_uvloop:
        return None
    _no_loop = httpx.AsyncClient()  # expect: BL001


def client_by_key():
    key = asyncio.get_running_loop()
    if key not in _clients:
        _clients[key] = httpx.AsyncClient()  # near-miss: BL004 keyed by loop
    return _clients[key]


def client_by_weak_key():
    return _weak.setdefault(asyncio.get_running_loop(), httpx.AsyncClient())  # near-miss: BL004 keyed by loop


@asynccontextmanager
async def lifespan(app):
    global _scoped
    _scoped = httpx.AsyncClient()  # near-miss: BL001 opened and closed by the same context
    yield
    await _scoped.aclose()


async def open_pair():
    global _paired
    _paired = httpx.AsyncClient()  # near-miss: BL001 opened and closed by with_pair


async def close_pair():
    await _paired.aclose()


@asynccontextmanager
async def with_pair(app):
    await open_pair()
    yield
    await close_pair()


async def closes_its_own():
    global _closed
    _closed = httpx.AsyncClient()  # near-miss: BL001 closed where it is made
    try:
        await _closed.get("http://localhost")
    finally:
        await _closed.aclose()
