from datetime import date

import pytest

from lending.desk import Desk, Refused
from lending.fees import Fees

TODAY = date(2024, 3, 1)


@pytest.fixture
def desk():
    return Desk(Fees(per_day=10, most=500))


@pytest.mark.parametrize(
    ("kind", "due"),
    [("book", date(2024, 3, 29)), ("magazine", date(2024, 3, 8)), ("film", date(2024, 3, 15))],
)
def test_each_kind_is_lent_for_its_time(desk, kind, due):
    assert desk.lend("x", kind, "ann", TODAY) == due


def test_what_is_lent_is_not_lent_again(desk):
    desk.lend("atlas", "book", "ann", TODAY)
    with pytest.raises(Refused, match="atlas is lent"):
        desk.lend("atlas", "book", "ben", TODAY)


@pytest.mark.parametrize("kind", ["newspaper", "map", ""])
def test_some_kinds_stay_here(desk, kind):
    with pytest.raises(Refused, match="stays here"):
        desk.lend("x", kind, "ann", TODAY)


async def test_in_time_costs_nothing(desk):
    due = desk.lend("atlas", "book", "ann", TODAY)
    assert await desk.take_back("atlas", due) == 0


async def test_late_is_paid_by_the_day(desk):
    desk.lend("atlas", "book", "ann", TODAY)
    assert await desk.take_back("atlas", date(2024, 4, 1)) == 30


async def test_what_is_back_can_be_lent(desk):
    due = desk.lend("atlas", "book", "ann", TODAY)
    await desk.take_back("atlas", due)
    assert desk.lend("atlas", "book", "ben", due)


async def test_nothing_is_taken_back_twice(desk):
    with pytest.raises(Refused, match="atlas is not lent"):
        await desk.take_back("atlas", TODAY)
