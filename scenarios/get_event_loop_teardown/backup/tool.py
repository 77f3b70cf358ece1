"""The command: `backup FILE...`."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

from backup.store import Store, blocks


def human(size: int) -> str:
    """A size as people say it."""
    for unit in ("B", "KiB", "MiB"):
        if size < 1024:
            return f"{size} {unit}"
        size //= 1024
    return f"{size} GiB"


async def save(paths: Sequence[Path]) -> int:
    store = Store()
    for path in paths:
        for block in blocks(path.read_bytes()):
            await store.put(block)
    await store.close()
    return len(store.blocks)


def main(args: Sequence[str]) -> int:
    """Save the files that are named; the exit code is 1 where there are none."""
    if not args:
        return 1
    return 0 if asyncio.run(save([Path(arg) for arg in args])) else 1
