import pytest

from kitchen import board
from kitchen.board import Ticket


async def test_placed_ticket_waits():
    await board.place(Ticket(4, ["soup"]))
    assert board.waiting() == 1


@pytest.mark.parametrize(("dishes", "text"), [(["soup"], "4 minutes"), (["tart", "steak"], "14 minutes")])
async def test_announcement(dishes, text):
    ticket = Ticket(1, dishes)
    await board.announced(ticket)
    assert ticket.log == [text]


async def test_printing():
    ticket = Ticket(1, ["soup"])
    await board.printed(ticket)
    assert ticket.log == ["printed"]


async def test_a_new_ticket_is_not_done():
    assert not Ticket(1, ["soup"]).done.is_set()
