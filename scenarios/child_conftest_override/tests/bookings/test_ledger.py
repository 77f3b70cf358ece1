import pytest

from books.ledger import Ledger, ledger


def test_new_books_are_balanced():
    assert ledger().is_balanced


def test_one_ledger_for_all():
    assert ledger() is ledger()


@pytest.mark.parametrize("amount", [1, 1250, 10**9])
async def test_books_stay_balanced(amount):
    await ledger().book("members", "bank", amount)
    assert ledger().is_balanced


@pytest.mark.parametrize("amount", [0, -1])
async def test_amounts_are_more_than_nothing(amount):
    with pytest.raises(ValueError, match="more than nothing"):
        await Ledger().book("members", "bank", amount)
