import httpx
import pytest

from alarms.pager import Pager


@pytest.fixture
async def client(pager_url):
    async with httpx.AsyncClient(base_url=pager_url) as client:
        yield client


@pytest.mark.parametrize("text", ["", "Room C", "ä" * 500])
async def test_page(client, text):
    assert await Pager(client).page(text)


async def test_wrong_address(pager_url):
    async with httpx.AsyncClient(base_url=f"{pager_url}/old") as client:
        assert not await Pager(client).page("Room C")
