"""Which driver of PostgreSQL a project uses, so that what is written for it needs no other."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bisect_loop.fixes.ground import Ground
from bisect_loop.fixes.python import Import

KEPT = "before"


@dataclass(frozen=True, slots=True)
class Driver:
    """Lines that connect (as `database`), read one column of a table into a list, and delete all other rows.

    {url} stands for the URL, {table} and {key} for what is asked about, {kept} for the list, {there} for a query that
    says whether there is such a table.
    """

    module: str
    imports: tuple[Import, ...]
    connect: tuple[str, ...]
    there: str
    read: str
    delete: tuple[str, ...]
    close: tuple[str, ...]
    asynchronous: bool = False


_URL = 're.sub(r"\\+\\w+:", ":", {url}, count=1)'  # what SQLAlchemy takes names its own driver in the scheme
_THERE = "SELECT to_regclass('{table}')"
_SELECT = "SELECT {key} FROM {table}"
_ANY_BUT = "DELETE FROM {table} WHERE {key} <> ALL"


def _plain(module: str, name: str) -> Driver:
    """psycopg and psycopg2: alike but for their names."""
    return Driver(
        module,
        (Import("os"), Import("re"), Import(module)),
        (f"database = {name}.connect({_URL})", "database.autocommit = True", "cursor = database.cursor()"),
        f'cursor.execute("{_THERE}")\n(there,) = cursor.fetchone()',
        f'cursor.execute("{_SELECT}")\n{{kept}} = [key for (key,) in cursor.fetchall()]',
        (f'cursor.execute("{_ANY_BUT}(%s)", ({{kept}},))',),
        ("database.close()",),
    )


DRIVERS: tuple[Driver, ...] = (
    Driver(
        "asyncpg",
        (Import("os"), Import("re"), Import("asyncpg")),
        (f"database = await asyncpg.connect({_URL})",),
        f'there = await database.fetchval("{_THERE}")',
        f'{{kept}} = [row["{{key}}"] for row in await database.fetch("{_SELECT}")]',
        (f'await database.execute("{_ANY_BUT}($1)", {{kept}})',),
        ("await database.close()",),
        asynchronous=True,
    ),
    _plain("psycopg", "psycopg"),
    _plain("psycopg2", "psycopg2"),
    Driver(
        "pg8000",
        (Import("os"), Import("urllib.parse"), Import("pg8000.native")),
        (
            "parts = urllib.parse.urlsplit({url})",
            "database = pg8000.native.Connection(",
            "    urllib.parse.unquote(parts.username or 'postgres'),",
            "    host=parts.hostname,",
            "    port=parts.port or 5432,",
            "    database=urllib.parse.unquote(parts.path.strip('/')),",
            "    password=urllib.parse.unquote(parts.password) if parts.password else None,",
            ")",
        ),
        f'there = database.run("{_THERE}")[0][0]',
        f'{{kept}} = [key for (key,) in database.run("{_SELECT}")]',
        (f'database.run("{_ANY_BUT}(:kept)", kept={{kept}})',),
        ("database.close()",),
    ),
)


def drivers(ground: Ground) -> list[Driver]:
    """Those that the project's own modules import, the most used first; of SQLAlchemy those that its URLs name.

    An asynchronous one only where a plugin runs asynchronous fixtures.
    """
    counted: dict[str, int] = {}
    for text in ground.files.python():
        for name in _imported(text):
            counted[name] = counted.get(name, 0) + 1
        for one in DRIVERS:
            if f"+{one.module}" in text:
                counted[one.module] = counted.get(one.module, 0) + 1
    found = [one for one in DRIVERS if one.module in counted]
    usable = [one for one in found if not one.asynchronous or ground.runs_on in ("pytest-asyncio", "anyio")]
    return sorted(usable, key=lambda one: -counted[one.module])


def _imported(text: str) -> set[str]:
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return set()
    return set(_tops(ast.walk(tree)))


def _tops(nodes: Iterator[ast.AST]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]


def lines(driver: Driver, tables: Sequence[tuple[str, str]], url: str) -> tuple[list[str], list[str]]:
    """(what a fixture does before a test, and after it) to take back the rows that came: (table, key) of each.

    A table that was not there before the test has been empty before it.
    """
    before = [line.replace("{url}", url) for line in driver.connect]
    after: list[str] = []
    for number, (table, key) in enumerate(tables, 1):
        kept = KEPT if len(tables) == 1 else f"{KEPT}_{number}"

        def said(text: str, table: str = table, key: str = key, kept: str = kept) -> list[str]:
            for name, value in (("{table}", table), ("{key}", key), ("{kept}", kept)):
                text = text.replace(name, value)
            return text.split("\n")

        there = said(driver.there)
        before += [f"{kept} = []", *there, "if there:", *(f"    {line}" for line in said(driver.read))]
        # Rows that refer to others go before them, and those were most likely named last.
        deleted = [line for text in driver.delete for line in said(text)]
        after[:0] = [*there, "if there:", *(f"    {line}" for line in deleted)]
    return before, [*after, *driver.close]
