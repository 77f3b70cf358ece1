import pytest
from main import app, create_app, dependency, leaky, leaky_context, lifespan, per_request, session_context


@pytest.fixture
def own():
    return create_app()


async def test_app(own):
    async with lifespan(app), leaky(app):
        await dependency(None)
        await per_request(None)
        async for _ in leaky_context(app):
            pass
        async for _ in session_context(app):
            pass
