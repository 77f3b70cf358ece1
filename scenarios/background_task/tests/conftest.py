from __future__ import annotations

import asyncio

import pytest

from kitchen import board


@pytest.fixture
async def cook():
    """Somebody who cooks."""
    return asyncio.get_running_loop().create_task(board.cook())
