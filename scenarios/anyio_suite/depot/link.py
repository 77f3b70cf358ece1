"""The line to the depot: one question a line, one answer a line."""

from __future__ import annotations

import asyncio


class Link:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def ask(self, question: str) -> str:
        self.writer.write(f"{question}\n".encode())
        await self.writer.drain()
        return (await self.reader.readline()).decode().strip()

    async def close(self) -> None:
        self.writer.close()
        await self.writer.wait_closed()


class Links:
    """The link that is open, if one is."""

    current: Link | None = None


async def dial(host: str, port: int) -> Link:
    """A link of the caller's own."""
    return Link(*await asyncio.open_connection(host, port))


async def open_link(host: str, port: int) -> Link:
    """Ask the depot itself from now on."""
    Links.current = await dial(host, port)
    return Links.current
