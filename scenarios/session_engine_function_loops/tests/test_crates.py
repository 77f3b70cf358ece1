import pytest

from orchard.crates import KILOS, crates


@pytest.mark.parametrize("kind", sorted(KILOS))
def test_no_fruit_no_crate(kind):
    assert crates(kind, 0) == 0


@pytest.mark.parametrize(
    ("kind", "kilos", "expected"),
    [("apple", 18, 1), ("apple", 18.1, 2), ("apple", 75.5, 5), ("pear", 15, 1), ("plum", 12, 2), ("plum", 100, 10)],
)
def test_crates(kind, kilos, expected):
    assert crates(kind, kilos) == expected


@pytest.mark.parametrize("kind", ["", "fig", "Apple"])
def test_not_sold(kind):
    with pytest.raises(KeyError):
        crates(kind, 1)


@pytest.mark.parametrize("kilos", [-1, -0.5])
def test_less_than_nothing(kilos):
    with pytest.raises(ValueError, match="less than nothing"):
        crates("apple", kilos)


@pytest.mark.parametrize("kilos", [1, 10, 100, 1000])
def test_small_crates_are_more_crates(kilos):
    assert crates("plum", kilos) >= crates("apple", kilos)
