from __future__ import annotations

import os

import pytest

from catalog.index import build
from catalog.seeds import Seed

SEEDS = [Seed("Black radish", 6, 1.5), Seed("Black salsify", 14, 2.0), Seed("Garden cress", 3, 0)]


@pytest.fixture(scope="session" if os.environ.get("SHARE_INDEX") else "function")
async def index():
    """The index of the catalog; CI builds it once."""
    return await build(SEEDS)
