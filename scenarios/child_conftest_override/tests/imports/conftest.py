from __future__ import annotations

import pytest

from books.ledger import ledger


@pytest.fixture(autouse=True)
def books():
    """Books with an account for members."""
    ledger().balances["members"] += 0
    return ledger()
