import pytest

from depot.desk import where
from depot.link import dial, open_link

pytestmark = pytest.mark.anyio


async def test_open_link_is_asked(depot):
    await open_link(*depot)
    assert await where("224") == "delivered"


@pytest.fixture
async def link(depot):
    link = await dial(*depot)
    yield link
    await link.close()


@pytest.mark.parametrize(("number", "answer"), [("123", "T"), ("224", "D"), ("11", "?")])
async def test_ask(link, number, answer):
    assert await link.ask(number) == answer


async def test_one_question_after_another(link):
    assert [await link.ask(number) for number in ("123", "224", "123")] == ["T", "D", "T"]
