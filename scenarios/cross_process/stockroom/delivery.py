from __future__ import annotations

import hashlib
from collections.abc import Iterable

from stockroom.store import Store


def label(batch: str, place: int) -> str:
    """What is stuck on a part: nobody can guess another one's."""
    return hashlib.pbkdf2_hmac("sha256", batch.encode(), place.to_bytes(4, "big"), 1000).hex()[:12]


def receive(store: Store, batch: str, parts: Iterable[tuple[str, int]]) -> int:
    """Put a delivery on the shelves, part by part; return by how many pieces the stock grew."""
    before = store.pieces()
    for place, (name, pieces) in enumerate(parts):
        store.add(batch, label(batch, place), name, pieces)
    return store.pieces() - before


def parse(line: str) -> tuple[str, int]:
    """Read "3 x chain" as ("chain", 3)."""
    count, mark, name = line.partition(" x ")
    if not mark or not count.strip().isdigit():
        raise ValueError(f"no part: {line!r}")
    return name.strip(), int(count)
