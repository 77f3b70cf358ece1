"""What a test adds to a service is taken back after it, by a fixture that removes nothing that was there before."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bisect_loop.fixes.fixture import Body, with_fixture
from bisect_loop.fixes.ground import Ground
from bisect_loop.fixes.model import Candidate
from bisect_loop.fixes.python import Import

_KEYS = re.compile(r"left (?:the key|\d+ keys)\b")
_ROWS = re.compile(r"\brows? in ([\w.]+) \((\w+) ")
_DOC = "What a test leaves there is not for the next test."


def candidates(ground: Ground) -> Iterator[Candidate]:
    """For keys in Redis and rows in PostgreSQL that polluters left, where no loop is to blame."""
    if ground.explanation is not None:
        return
    said = " ".join(ground.finding.leaks)
    if "redis" in ground.urls and _KEYS.search(said):
        yield from _of(ground, "Redis", "keys", "take back the keys that a test adds", _redis(ground.urls["redis"]))
    tables = list(dict.fromkeys(_ROWS.findall(said)))
    if "postgres" in ground.urls and tables and ground.has_pytest_asyncio:
        title = f"take back the rows that a test adds to {', '.join(table for table, _ in tables)}"
        yield from _of(ground, "PostgreSQL", "rows", title, _postgres(ground.urls["postgres"], tables))


def _of(ground: Ground, service: str, things: str, title: str, body: Body) -> Iterator[Candidate]:
    written = with_fixture(ground, f"{things}_taken_back", _DOC, body)
    if written is not None:
        yield Candidate(
            f"take-back-{things}",
            f"{title}, in {written.edit.path}",
            written.where,
            (written.edit,),
            cost=f"one more connection to {service} for each test; what a test changed or removed stays so",
        )


def _redis(variable: str) -> Body:
    return Body(
        (f'store = redis.Redis.from_url(os.environ["{variable}"])', "before = set(store.scan_iter())"),
        (
            "added = set(store.scan_iter()) - before",
            "if added:",
            "    store.delete(*added)",
            "store.close()",
        ),
        (),
        (Import("os"), Import("redis")),
    )


def _postgres(variable: str, tables: list[tuple[str, str]]) -> Body:
    setup = [f'database = await asyncpg.connect(re.sub(r"\\+\\w+:", ":", os.environ["{variable}"], count=1))']
    teardown = []
    for number, (table, key) in enumerate(tables, 1):
        kept = "before" if len(tables) == 1 else f"before_{number}"
        setup.append(f'{kept} = [row["{key}"] for row in await database.fetch("SELECT {key} FROM {table}")]')
        teardown.append(f'await database.execute("DELETE FROM {table} WHERE {key} <> ALL($1)", {kept})')
    # Rows that refer to others go before them, and those were most likely named last.
    return Body(
        tuple(setup),
        (*reversed(teardown), "await database.close()"),
        (),
        (Import("os"), Import("re"), Import("asyncpg")),
        asynchronous=True,
    )
