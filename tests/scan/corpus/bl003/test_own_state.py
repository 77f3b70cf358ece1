"""What tests put on the state of an application of their own."""

import httpx
import pytest
from main import app as shared_app


@pytest.fixture
def app():
    from fastapi import FastAPI

    return FastAPI()


@pytest.fixture(scope="module")
def wide_app():
    return shared_app


@pytest.fixture
def application():
    return shared_app


def test_own(app):
    app.state.own = httpx.AsyncClient()  # near-miss: BL003 the application is made for this test

    @app.on_event("startup")
    async def start(app):
        app.state.nested = httpx.AsyncClient()  # near-miss: BL003 the same in a handler


def test_plugins(web_app):
    web_app.ctx.own = httpx.AsyncClient()  # near-miss: BL003 a plugin's fixture makes one for each test


def test_shared(application):
    application.state.shared = httpx.AsyncClient()  # expect: BL003
