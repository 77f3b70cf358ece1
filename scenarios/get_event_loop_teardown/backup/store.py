"""Where backups go."""

from __future__ import annotations

import hashlib


class Store:
    """Blocks by their hash; nothing is kept twice."""

    def __init__(self) -> None:
        self.blocks: dict[str, bytes] = {}
        self.is_open = True

    async def put(self, block: bytes) -> str:
        if not self.is_open:
            raise RuntimeError("the store is closed")
        name = hashlib.sha256(block).hexdigest()
        self.blocks.setdefault(name, block)
        return name

    async def close(self) -> None:
        self.is_open = False


def blocks(data: bytes, size: int = 4096) -> list[bytes]:
    """`data`, cut into blocks."""
    if size < 1:
        raise ValueError("a block has at least one byte")
    return [data[start : start + size] for start in range(0, len(data), size)]
