import sys
from contextlib import asynccontextmanager

import httpx
import redis.asyncio as redis
from fastapi import FastAPI


@asynccontextmanager
async def lifespan(app):
    app.state.http = httpx.AsyncClient()  # near-miss: BL003 closed by the same lifespan
    async with redis.from_url("redis://localhost") as client:
        app.state.cache = client  # near-miss: BL003 closed by the with statement
        yield
    await app.state.http.aclose()


@asynccontextmanager
async def leaky(app):
    app.state.leak = httpx.AsyncClient()  # expect: BL003
    yield


app = FastAPI(lifespan=lifespan)
app.state.early = httpx.AsyncClient()  # expect: BL003
app.state.name = "desk"


async def dependency(request):
    if not hasattr(request.app.state, "lazy"):
        request.app.state.lazy = httpx.AsyncClient()  # expect: BL003
    return request.app.state.lazy


async def per_request(request):
    request.state.client = httpx.AsyncClient()  # near-miss: BL003 a request's own state


def create_app():
    app = FastAPI()
    app.state.own = httpx.AsyncClient()  # near-miss: BL003 every call makes an application of its own
    return app


def create_shared():
    app = FastAPI()
    app.state.shared = httpx.AsyncClient()  # expect: BL003
    return app


shared = create_shared()


@app.on_event("startup")
async def start():
    app.state.handled = httpx.AsyncClient()  # near-miss: BL003 closed by the shutdown handler


@app.on_event("shutdown")
async def stop():
    await app.state.handled.aclose()


async def session_context(app):
    app["session"] = httpx.AsyncClient()  # near-miss: BL003 closed by the same context
    yield
    await app["session"].aclose()


async def leaky_context(app):
    app["leak"] = httpx.AsyncClient()  # expect: BL003
    yield


def init_app(app):
    app.extensions["http"] = httpx.AsyncClient()  # expect: BL003
    app.extensions["name"] = "http"  # near-miss: BL003 binds to no loop


def set_own():
    sys.modules[__name__].replaced = httpx.AsyncClient()  # expect: BL001
