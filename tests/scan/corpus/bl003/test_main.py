import pytest
from main import app, create_app, dependency, init_app, leaky, leaky_context, lifespan, per_request, session_context, set_own


@pytest.fixture
def own():
    return create_app()


def test_extension():
    init_app(app)
    set_own()


async def test_app(own):
    async with lifespan(app), leaky(app):
        await dependency(None)
        await per_request(None)
        async for _ in leaky_context(app):
            pass
        async for _ in session_context(app):
            pass
