import pytest

from alarms.readings import Reading, level, worst


@pytest.mark.parametrize(("celsius", "expected"), [(-30, 0), (-15, 0), (-14, 1), (-5, 1), (-4, 2), (20, 2)])
def test_level(celsius, expected):
    assert level(Reading("A", celsius)) == expected


def test_worst_of_none():
    assert worst([]) is None


def test_worst_is_the_warmest():
    assert worst([Reading("A", -20), Reading("B", -12), Reading("C", -18)]).room == "B"
