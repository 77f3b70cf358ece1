from lending.startup import open_desk


async def test_the_desk_opens_with_nothing_lent():
    desk = await open_desk()
    assert desk.lent == {}
    assert desk.fees.per_day == 20
