"""Resources that come in pairs, and arguments that are unpacked."""

import asyncio

import httpx

_reader = _writer = _link = _field = _rest = _literal = _free = None


async def pair():
    global _reader, _writer
    _reader, _writer = await asyncio.open_connection("localhost", 1)  # expect: BL001


class Link:
    def __init__(self, reader, writer, *, name=None):
        self.reader = reader
        self.writer = writer


async def link():
    global _link
    _link = Link(*await asyncio.open_connection("localhost", 1))  # expect: BL001


def keep(*clients):
    global _rest
    _rest = clients


def rest():
    keep(*[httpx.AsyncClient()], 1)  # expect: BL001


def second(number, client):
    global _literal
    _literal = number
    return client


async def passing():
    global _free
    reader, writer = await asyncio.open_connection("localhost", 1)  # near-miss: BL001 local variables
    writer.close()
    await writer.wait_closed()
    second(*[1, httpx.AsyncClient()])  # near-miss: BL001 what is kept is the other argument
    _free, other = await other_pair()  # near-miss: BL001 which of the two is a resource nobody can tell
    link = Link(*await asyncio.open_connection("localhost", 1))  # near-miss: BL001 a local variable
    await link.writer.wait_closed()
    await other.aclose()


async def other_pair():
    return 1, httpx.AsyncClient()
