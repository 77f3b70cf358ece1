import httpx
import pytest

from backend.api.main import create_app


def client():
    transport = httpx.ASGITransport(app=create_app())
    return httpx.AsyncClient(transport=transport, base_url="http://desk")


async def test_posted_event_is_accepted():
    async with client() as desk:
        response = await desk.post("/events", json={"kind": "parcel.arrived", "order": "D-1"})
    assert response.status_code == 202
    assert response.json() == {"accepted": True}


@pytest.mark.parametrize("event", [{}, {"kind": "parcel.arrived"}, {"order": "D-2"}])
async def test_incomplete_event_is_refused(event):
    async with client() as desk:
        assert (await desk.post("/events", json=event)).status_code == 422


async def test_events_cannot_be_read():
    async with client() as desk:
        assert (await desk.get("/events")).status_code == 405
