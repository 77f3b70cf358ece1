import pytest

from kitchen.menu import MINUTES, minutes


@pytest.mark.parametrize("dish", sorted(MINUTES))
def test_every_dish_takes_time(dish):
    assert minutes([dish]) > 0


@pytest.mark.parametrize(
    ("dishes", "expected"), [([], 0), (["soup"], 4), (["soup", "soup"], 4), (["soup", "risotto", "tart"], 22)]
)
def test_side_by_side(dishes, expected):
    assert minutes(dishes) == expected


@pytest.mark.parametrize("dish", ["", "Soup", "pizza"])
def test_not_on_the_menu(dish):
    with pytest.raises(KeyError):
        minutes([dish])
