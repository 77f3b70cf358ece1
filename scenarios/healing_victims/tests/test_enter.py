import pytest

from counters.visits import enter


@pytest.mark.parametrize("room", ["bronze", "glass", "ivory", "maps"])
async def test_visitor_is_counted(room):
    assert await enter(room, 11) >= 1


@pytest.mark.parametrize(("room", "hour"), [("attic", 11), ("glass", 8), ("glass", 18)])
async def test_nobody_is_there(room, hour):
    with pytest.raises(ValueError, match=r"no room|closed"):
        await enter(room, hour)
