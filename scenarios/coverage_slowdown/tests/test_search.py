import pytest

from timetable.search import by_halves, choose, next_departure, one_by_one

DEPARTURES = [300, 315, 330, 400]


@pytest.mark.parametrize("find", [by_halves, one_by_one])
@pytest.mark.parametrize(("after", "place"), [(0, 0), (300, 0), (301, 1), (399, 3), (401, 4)])
def test_both_ways_agree(find, after, place):
    assert find(DEPARTURES, after) == place


@pytest.mark.parametrize(("after", "departure"), [(310, 315), (400, 400), (500, None)])
def test_the_next_departure(after, departure):
    assert next_departure(DEPARTURES, after) == departure


def test_a_list_that_is_out_of_order():
    choose(one_by_one)
    assert next_departure([330, 300, 315], 301) == 315


def test_no_departures():
    assert next_departure([], 0) is None
