"""The application."""

from __future__ import annotations

import os

from fastapi import FastAPI
from redis.asyncio import from_url

from backend import live_events
from backend.api.routes import router


def create_app() -> FastAPI:
    """Build the app; with REDIS_URL set, live events go through Redis."""
    app = FastAPI(title="Refund desk")
    app.include_router(router)
    if url := os.environ.get("REDIS_URL"):
        live_events.bind(live_events.RedisBus(from_url(url)))
    return app
