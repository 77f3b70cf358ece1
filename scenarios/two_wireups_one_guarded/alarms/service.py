"""The service that listens to the thermometers."""

from __future__ import annotations

import os

import httpx

from alarms import pager


def create_service(pager_url: str) -> str:
    """Wire the service up, and tell how it reports. Tests page nobody."""
    if "PYTEST_CURRENT_TEST" in os.environ:
        return "log"
    pager.use(pager.Pager(httpx.AsyncClient(base_url=pager_url)))
    return "pager"
