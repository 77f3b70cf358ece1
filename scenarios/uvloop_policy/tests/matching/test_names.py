import pytest

from geocoder.names import alike, normal


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("", ""),
        ("Mill Street", "mill street"),
        ("Mill  St.", "mill street"),
        ("St. Mary's Rd", "st mary's road"),
        ("5th Ave", "5th avenue"),
        ("Ave", "avenue"),
    ],
)
def test_normal(name, expected):
    assert normal(name) == expected


@pytest.mark.parametrize(("one", "other", "same"), [("A Rd", "a road", True), ("A Rd", "A St", False), ("", " ", True)])
def test_alike(one, other, same):
    assert alike(one, other) is same
