from datetime import date, timedelta

import pytest

from library.loans import DAYS, Loan

MAY = date(2024, 5, 1)


@pytest.mark.parametrize("kind", sorted(DAYS))
def test_due(kind):
    assert Loan(kind, MAY).due == MAY + timedelta(days=DAYS[kind])


@pytest.mark.parametrize("renewals", [0, 1, 2, 3])
def test_renewals(renewals):
    assert Loan("film", MAY, renewals).due == MAY + timedelta(days=7 * (renewals + 1))


@pytest.mark.parametrize(("days", "cents"), [(0, 0), (7, 0), (8, 20), (9, 40), (56, 980), (57, 1000), (400, 1000)])
def test_fee(days, cents):
    assert Loan("film", MAY).fee(MAY + timedelta(days=days)) == cents


@pytest.mark.parametrize("kind", ["", "chair", "Novel"])
def test_not_lent(kind):
    with pytest.raises(KeyError):
        Loan(kind, MAY).due  # noqa: B018


def test_loans_are_values():
    assert Loan("film", MAY) == Loan("film", MAY)
