import asyncio

import pytest

from thumbs.journal import Journal


async def test_new_journal_is_empty():
    assert Journal().lines == []


@pytest.mark.parametrize("writers", [1, 2, 5])
async def test_lines_of_a_writer_stay_together(writers):
    journal = Journal()
    await asyncio.gather(*(journal.write(f"{n}a", f"{n}b", f"{n}c") for n in range(writers)))
    assert [line[-1] for line in journal.lines] == ["a", "b", "c"] * writers


async def test_nothing_to_write():
    journal = Journal()
    await journal.write()
    assert journal.lines == []
