"""The index, which takes a while to build."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from catalog.seeds import Seed


class Index:
    def __init__(self) -> None:
        self.by_word: dict[str, set[str]] = {}

    async def add(self, seed: Seed) -> None:
        for word in seed.name.lower().split():
            self.by_word.setdefault(word, set()).add(seed.name)
        await asyncio.sleep(0)  # others may search meanwhile

    def find(self, words: str) -> list[str]:
        """The names that have all of `words`, sorted."""
        found = [self.by_word.get(word, set()) for word in words.lower().split()]
        return sorted(set.intersection(*found)) if found else []


async def build(seeds: Iterable[Seed]) -> Index:
    index = Index()
    for seed in seeds:
        await index.add(seed)
    return index
