import unittest

from spooler.jobs import Job
from spooler.spool import Spool, hand_over


class HandOver(unittest.IsolatedAsyncioTestCase):
    async def test_jobs_come_out_in_order(self):
        jobs = [Job("letter", 1), Job("thesis", 210, duplex=True)]
        self.assertEqual(await hand_over(jobs), jobs)

    async def test_nothing_to_hand_over(self):
        self.assertEqual(await hand_over([]), [])

    async def test_spool_of_its_own(self):
        job = Job("letter", 1)
        self.assertEqual(await hand_over([job], Spool()), [job])


class OwnSpool(unittest.IsolatedAsyncioTestCase):
    async def asyncSetUp(self):
        self.spool = Spool(room=3)

    async def test_waiting_jobs_are_counted(self):
        self.assertEqual([await self.spool.submit(Job("x", n)) for n in (1, 2, 3)], [1, 2, 3])

    async def test_first_in_first_out(self):
        await self.spool.submit(Job("first", 1))
        await self.spool.submit(Job("second", 1))
        self.assertEqual((await self.spool.next()).title, "first")

    async def test_a_full_spool_is_full(self):
        for n in (1, 2, 3):
            await self.spool.submit(Job("x", n))
        self.assertTrue(self.spool.jobs.full())

    async def test_a_new_spool_is_empty(self):
        self.assertTrue(self.spool.jobs.empty())
