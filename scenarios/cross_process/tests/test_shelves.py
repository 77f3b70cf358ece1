import pytest

from stockroom.shelves import number, shelf


@pytest.mark.parametrize(("place", "name"), [(0, "A1"), (11, "A12"), (12, "B1"), (35, "C12")])
def test_names(place, name):
    assert shelf(place) == name
    assert number(name) == place
