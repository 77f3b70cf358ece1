"""The stock, in one file that every process of the machine shares."""

from __future__ import annotations

import sqlite3
import tempfile
from pathlib import Path

_TABLE = "create table if not exists parts (batch text, label text, name text, pieces integer)"


class Store:
    def __init__(self) -> None:
        self._db = sqlite3.connect(Path(tempfile.gettempdir(), "stockroom.db"), timeout=60, isolation_level=None)
        self._db.execute("pragma synchronous = off")  # after a power cut everything is counted anyway
        self._db.execute(_TABLE)

    def close(self) -> None:
        self._db.close()

    def add(self, batch: str, label: str, name: str, pieces: int) -> None:
        self._db.execute("insert into parts values (?, ?, ?, ?)", (batch, label, name, pieces))

    def drop(self, batch: str) -> None:
        self._db.execute("delete from parts where batch = ?", (batch,))

    def pieces(self, batch: str = "%") -> int:
        """How many there are, of all batches where none is named."""
        row = self._db.execute("select coalesce(sum(pieces), 0) from parts where batch like ?", (batch,))
        return row.fetchone()[0]
