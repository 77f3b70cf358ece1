"""The spool: jobs wait in it for a printer."""

from __future__ import annotations

import asyncio

from spooler.jobs import Job


class Spool:
    def __init__(self, room: int = 0) -> None:
        self.jobs: asyncio.Queue[Job] = asyncio.Queue(room)

    async def submit(self, job: Job) -> int:
        """Put `job` in, when there is room, and return how many are waiting."""
        await self.jobs.put(job)
        return self.jobs.qsize()

    async def next(self) -> Job:
        """The next job, when there is one."""
        return await self.jobs.get()


_SPOOL = Spool()


def reopen(room: int) -> Spool:
    """Start with an empty spool that has room for so many jobs."""
    global _SPOOL
    _SPOOL = Spool(room)
    return _SPOOL


async def hand_over(jobs: list[Job], spool: Spool | None = None) -> list[Job]:
    """Take `jobs` through the spool, a printer waiting for each, and return them as they were printed."""
    spool = spool or _SPOOL
    printers = [asyncio.ensure_future(spool.next()) for _ in jobs]
    await asyncio.sleep(0)
    for job in jobs:
        await spool.submit(job)
    return await asyncio.gather(*printers)
