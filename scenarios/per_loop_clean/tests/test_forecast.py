import pytest

from weather.forecast import may_sail, wind, winds


@pytest.mark.parametrize(("place", "force"), [("harbour", 1), ("lighthouse", 4), ("reef", 7), ("shoal", 12)])
async def test_wind(stations, place, force):
    assert await wind(stations, place) == force


@pytest.mark.parametrize("place", ["desert", "Harbour"])
async def test_no_station(stations, place):
    with pytest.raises(LookupError, match=place):
        await wind(stations, place)


@pytest.mark.parametrize("times", [1, 2, 5])
async def test_more_places_than_may_be_asked_at_once(stations, times):
    assert await winds(stations, ["harbour", "reef"] * times) == [1, 7] * times


@pytest.mark.parametrize(
    ("places", "answer"), [([], True), (["harbour", "lighthouse"], True), (["harbour", "reef"], False)]
)
async def test_may_sail(stations, places, answer):
    assert await may_sail(stations, places) is answer
