import aiohttp
import pytest

from statuspage.http import Http
from statuspage.probe import Service, probe, state_of


@pytest.fixture
async def session():
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.mark.parametrize(
    ("status", "state"),
    [(200, "up"), (204, "up"), (302, "up"), (404, "down"), (429, "degraded"), (500, "down"), (503, "degraded")],
)
def test_state_of_a_status(status, state):
    assert state_of(status) == state


@pytest.mark.parametrize(("status", "state"), [(200, "up"), (404, "down"), (503, "degraded")])
async def test_probe(base_url, session, status, state):
    assert await probe(Service("mail", f"{base_url}/{status}"), session) == state


async def test_nobody_listens(session):
    assert await probe(Service("gone", "http://127.0.0.1:9"), session) == "down"


async def test_without_a_session_nothing_is_known(monkeypatch):
    monkeypatch.setattr(Http, "session", None)
    assert await probe(Service("mail", "http://127.0.0.1:9")) == "unknown"
