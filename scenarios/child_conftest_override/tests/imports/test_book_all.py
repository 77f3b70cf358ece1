from books.ledger import ledger
from books.statements import book_all, parse


async def test_a_statement_is_booked():
    lines = [parse(f"2024-05-0{day};Fees;members;10") for day in (1, 2, 3)]
    assert await book_all(lines) == 3
    assert ledger().is_balanced
