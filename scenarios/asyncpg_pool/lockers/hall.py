"""What a guest does."""

from __future__ import annotations

from collections.abc import Sequence

from lockers.storage import Storage, storage


async def first_free(wanted: Sequence[str], kept: Storage | None = None) -> str | None:
    """Take the first of `wanted` that is free; None where all are taken."""
    kept = kept or storage()
    for locker in wanted:
        if await kept.take(locker):
            return locker
    return None


async def leave(locker: str, kept: Storage | None = None) -> None:
    await (kept or storage()).free(locker)
