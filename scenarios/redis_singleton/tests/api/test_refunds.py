import httpx
import pytest

from backend.api.main import create_app


@pytest.fixture
async def client():
    transport = httpx.ASGITransport(app=create_app())
    async with httpx.AsyncClient(transport=transport, base_url="http://desk") as client:
        yield client


@pytest.mark.parametrize(
    ("amount", "days", "outcome"),
    [("20", 1, "approved"), ("950.00", 1, "needs_decision"), ("20", 31, "rejected")],
)
async def test_outcome(client, trail, amount, days, outcome):
    refund = {"order": "B-1", "amount": amount, "days_since_purchase": days}
    response = await client.post("/refunds", json=refund)
    assert response.json() == {"order": "B-1", "outcome": outcome}
    assert len(trail.published) == 1


async def test_bad_amount(client, trail):
    response = await client.post("/refunds", json={"order": "B-2", "amount": "ten"})
    assert response.status_code == 400
    assert trail.published == []


async def test_missing_amount(client):
    assert (await client.post("/refunds", json={"order": "B-3"})).status_code == 422
