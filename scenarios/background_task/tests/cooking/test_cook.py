import asyncio

from kitchen import board
from kitchen.board import Ticket


async def test_cook_takes_a_ticket(cook):
    ticket = Ticket(7, ["steak"])
    await board.place(ticket)
    await asyncio.wait_for(ticket.done.wait(), 10)
    assert "cooked" in ticket.log


async def test_a_cook_who_goes_home(monkeypatch):
    monkeypatch.setattr(board, "INBOX", asyncio.Queue())
    task = asyncio.get_running_loop().create_task(board.cook())
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert task.cancelled()
