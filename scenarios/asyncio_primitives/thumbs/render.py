"""Renders a batch."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from thumbs.journal import Journal
from thumbs.sizes import Size, fitted
from thumbs.slots import in_turn

BOX = Size(160, 120)


async def render(picture: Size, journal: Journal) -> Size:
    thumbnail = fitted(picture, BOX)
    await journal.write(f"{thumbnail.width}x{thumbnail.height}")
    return thumbnail


async def batch(pictures: Sequence[Size], journal: Journal | None = None) -> list[Size]:
    """Thumbnails of `pictures`, in their order."""
    journal = journal or Journal()
    return await asyncio.gather(*(in_turn(lambda picture=picture: render(picture, journal)) for picture in pictures))
