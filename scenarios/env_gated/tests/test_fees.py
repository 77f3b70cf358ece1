import pytest

from lending.fees import Fees, shown


@pytest.mark.parametrize(
    ("days", "fee"), [(-3, 0), (0, 0), (1, 10), (7, 70), (49, 490), (50, 500), (51, 500), (400, 500)]
)
def test_by_the_day_up_to_a_limit(days, fee):
    assert Fees(per_day=10, most=500).of(days) == fee


@pytest.mark.parametrize(("cents", "text"), [(0, "0.00"), (5, "0.05"), (99, "0.99"), (100, "1.00"), (1234, "12.34")])
def test_shown_with_two_digits(cents, text):
    assert shown(cents) == text


def test_a_library_that_asks_for_nothing():
    assert Fees(per_day=0, most=0).of(100) == 0
