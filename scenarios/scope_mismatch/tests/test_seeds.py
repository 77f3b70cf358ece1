import pytest

from catalog.seeds import Seed, sowing_week


@pytest.mark.parametrize(
    ("days", "wanted", "week"), [(7, 20, 19), (8, 20, 18), (1, 20, 19), (0, 20, 20), (7, 1, 52), (21, 2, 51)]
)
def test_sowing_week(days, wanted, week):
    assert sowing_week(Seed("x", days, 1), wanted) == week


@pytest.mark.parametrize("week", [0, 53, -1])
def test_no_such_week(week):
    with pytest.raises(ValueError, match="no week"):
        sowing_week(Seed("x", 7, 1), week)


@pytest.mark.parametrize(("depth", "light"), [(0, True), (0.5, False)])
def test_light(depth, light):
    assert Seed("x", 1, depth).needs_light is light
