import pytest

from meters.readings import price, used


@pytest.mark.parametrize(
    ("before", "after", "expected"), [(0, 0, 0), (10, 25, 15), (99990, 5, 15), (0, 99999, 99999), (99999, 0, 1)]
)
def test_used(before, after, expected):
    assert used(before, after) == expected


@pytest.mark.parametrize(("before", "after"), [(-1, 0), (0, 100_000), (100_000, 100_000)])
def test_no_meter_shows_that(before, after):
    with pytest.raises(ValueError, match="no meter"):
        used(before, after)


@pytest.mark.parametrize(
    ("metres", "cents"), [(0, 0), (1, 150), (99, 14850), (100, 15000), (101, 15210), (102, 15420), (200, 36000)]
)
def test_price(metres, cents):
    assert price(metres) == cents


@pytest.mark.parametrize("metres", [0, 50, 100, 150])
def test_more_water_costs_more(metres):
    assert price(metres + 1) > price(metres)
