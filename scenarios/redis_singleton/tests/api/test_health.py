import httpx

from backend.api.main import create_app


async def get(path):
    transport = httpx.ASGITransport(app=create_app())
    async with httpx.AsyncClient(transport=transport, base_url="http://desk") as client:
        return await client.get(path)


async def test_health():
    assert (await get("/health")).json() == {"status": "ok"}


async def test_limits():
    assert (await get("/limits")).json() == {"auto_limit": "100.00", "last_day": 30}


async def test_unknown_page():
    assert (await get("/nowhere")).status_code == 404


def test_every_route_is_documented():
    assert set(create_app().openapi()["paths"]) == {"/health", "/limits", "/refunds", "/events"}
