from __future__ import annotations

import pytest

from books.ledger import close_books


@pytest.fixture(autouse=True)
def books():
    """No test finds the books of another one."""
    yield
    close_books()
