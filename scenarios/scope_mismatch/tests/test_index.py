import pytest

from catalog.index import Index, build
from catalog.seeds import Seed


async def test_find_in_the_catalog(index):
    assert index.find("black") == ["Black radish", "Black salsify"]


@pytest.fixture
async def small():
    return await build([Seed("Sweet pea", 12, 3), Seed("Pea", 8, 4)])


@pytest.mark.parametrize(
    ("words", "names"), [("pea", ["Pea", "Sweet pea"]), ("sweet PEA", ["Sweet pea"]), ("bean", []), ("", [])]
)
async def test_find(small, words, names):
    assert small.find(words) == names


async def test_empty_index():
    assert (await build([])).by_word == {}


async def test_adding_twice_changes_nothing():
    index = Index()
    for _ in range(2):
        await index.add(Seed("Pea", 8, 4))
    assert index.find("pea") == ["Pea"]
