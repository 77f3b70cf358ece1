"""What a test adds to a service is taken back after it, by a fixture that removes nothing that was there before."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from bisect_loop.fixes.drivers import Driver, drivers, lines
from bisect_loop.fixes.fixture import Body, with_fixture
from bisect_loop.fixes.ground import Ground
from bisect_loop.fixes.model import Candidate
from bisect_loop.fixes.python import Import

_KEYS = re.compile(r"left (?:the key|\d+ keys)\b")
_ROWS = re.compile(r"\brows? in ([\w.]+) \((\w+) ")
_DOC = "What a test leaves there is not for the next test."


def candidates(ground: Ground) -> Iterator[Candidate]:
    """For keys in Redis and rows in PostgreSQL that polluters left, where no loop is to blame."""
    if ground.loops_are_mixed:
        return
    said = " ".join(ground.finding.leaks)
    tables = list(dict.fromkeys(_ROWS.findall(said)))
    if "postgres" in ground.urls and tables:
        title = f"take back the rows that a test adds to {', '.join(table for table, _ in tables)}"
        for driver in drivers(ground)[:1]:
            yield from _of(ground, "PostgreSQL", "rows", title, _postgres(driver, ground.urls["postgres"], tables))
    if "redis" in ground.urls and _KEYS.search(said):
        yield from _of(ground, "Redis", "keys", "take back the keys that a test adds", _redis(ground.urls["redis"]))


def _of(ground: Ground, service: str, things: str, title: str, body: Body) -> Iterator[Candidate]:
    written = with_fixture(ground, f"{things}_taken_back", _DOC, body)
    if written is not None:
        yield Candidate(
            f"take-back-{things}",
            f"{title}, in {written.edit.path}",
            written.where,
            (written.edit,),
            cost=f"one more connection to {service} for each test; what a test changed or removed stays so; what "
            f"others add meanwhile goes as well, so workers that run side by side need a {service} each",
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
        unless=f'"{variable}" not in os.environ',
    )


def _postgres(driver: Driver, variable: str, tables: Sequence[tuple[str, str]]) -> Body:
    setup, teardown = lines(driver, tables, f'os.environ["{variable}"]')
    return Body(
        tuple(setup),
        tuple(teardown),
        (),
        driver.imports,
        asynchronous=driver.asynchronous,
        unless=f'"{variable}" not in os.environ',
    )
