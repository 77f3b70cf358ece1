import app


async def test_one():
    await app.client.get("http://localhost")
