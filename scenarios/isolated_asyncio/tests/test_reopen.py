import asyncio
import unittest

from spooler.jobs import Job
from spooler.spool import reopen


class Reopen(unittest.IsolatedAsyncioTestCase):
    async def test_reopened_spool_makes_its_callers_wait(self):
        spool = reopen(room=1)
        await spool.submit(Job("first", 1))
        second = asyncio.ensure_future(spool.submit(Job("second", 1)))
        await asyncio.sleep(0)
        self.assertFalse(second.done())
        self.assertEqual((await spool.next()).title, "first")
        self.assertEqual(await second, 1)
        self.assertEqual((await spool.next()).title, "second")
