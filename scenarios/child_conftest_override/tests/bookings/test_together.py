import asyncio

from books.ledger import ledger


async def test_bookings_at_the_same_time():
    await asyncio.gather(*(ledger().book("members", "bank", 100) for _ in range(3)))
    assert ledger().balances["bank"] - ledger().balances["start"] >= 300
