"""What was sold, in PostgreSQL."""

from __future__ import annotations

from urllib.parse import unquote, urlsplit

import pg8000.dbapi

_TABLE = "create table orders (id serial primary key, show text, seats integer, cents integer)"


def connect(url: str) -> pg8000.dbapi.Connection:
    parts = urlsplit(url)
    return pg8000.dbapi.connect(
        unquote(parts.username or "postgres"),
        host=parts.hostname or "localhost",
        port=parts.port or 5432,
        database=unquote(parts.path.strip("/")) or "postgres",
        password=unquote(parts.password) if parts.password else None,
    )


class Orders:
    """Writes into the transaction that is open; whoever wants the order to stay commits."""

    def __init__(self, connection: pg8000.dbapi.Connection) -> None:
        self.connection = connection

    def make_table(self) -> None:
        self._run("drop table if exists orders")
        self._run(_TABLE)

    def add(self, show: str, seats: int, cents: int) -> None:
        self._run("insert into orders (show, seats, cents) values (%s, %s, %s)", show, seats, cents)

    def takings(self) -> int:
        """Of all shows, in cents."""
        return self._run("select coalesce(sum(cents), 0)::int from orders").fetchone()[0]

    def sold(self, show: str) -> int:
        return self._run("select coalesce(sum(seats), 0)::int from orders where show = %s", show).fetchone()[0]

    def _run(self, statement: str, *values: object) -> pg8000.dbapi.Cursor:
        cursor = self.connection.cursor()
        cursor.execute(statement, values)
        return cursor
