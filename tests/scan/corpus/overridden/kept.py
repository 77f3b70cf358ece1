"""Holders that autouse fixtures of the conftest reset, which a conftest below overrides."""

import asyncio

import httpx

_dropped = _asked = _repeated = _lock = None


def dropped():
    global _dropped
    _dropped = httpx.AsyncClient()  # expect: BL001


def asked():
    global _asked
    _asked = httpx.AsyncClient()  # near-miss: BL001 the override asks for what it overrides


def repeated():
    global _repeated
    _repeated = httpx.AsyncClient()  # near-miss: BL001 the override resets it as well


def lock():
    global _lock
    _lock = asyncio.Lock()  # expect: BL005
    return _lock.acquire()
