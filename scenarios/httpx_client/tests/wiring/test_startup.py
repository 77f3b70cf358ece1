from invoicing.startup import startup


async def test_service_is_ready(rate_url):
    assert await startup(rate_url) == "ready"
