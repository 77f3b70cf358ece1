import pytest

from counters.visits import ROOMS, crowded, key


@pytest.mark.parametrize("room", ROOMS)
def test_key_names_the_room(room):
    assert key(room, 12) == f"visits:{room}:12"


@pytest.mark.parametrize("hour", [9, 17])
def test_hours_have_two_digits(hour):
    assert len(key("maps", hour).rpartition(":")[2]) == 2


@pytest.mark.parametrize(
    ("count", "metres", "expected"), [(0, 10, False), (5, 10, False), (6, 10, True), (1, 1.9, True), (1, 2, False)]
)
def test_crowded(count, metres, expected):
    assert crowded(count, metres) is expected
