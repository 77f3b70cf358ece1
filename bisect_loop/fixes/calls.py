"""An argument of the constructor, so that no connection outlives the loop that opened it."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from bisect_loop.fixes.ground import Ground
from bisect_loop.fixes.model import Candidate, Edit
from bisect_loop.fixes.python import Import, Source, with_argument
from bisect_loop.fixes.requested import requested
from bisect_loop.provenance.explain import Explanation


def candidates(ground: Ground) -> Iterator[Candidate]:
    """NullPool for an engine, no keep-alive for httpx; and what looks alike and is no mend.

    Where there is no trace of what failed across loops, it is what the fixtures make that all of the tests request.
    """
    found = ground.explanation
    if not ground.loops_are_mixed:
        return
    resources = _RESOURCES if found is None else (found.resource,)
    for kind, function, name, value, imports, title, likely in (row for one in resources for row in _rows(one)):
        places = _in_fixtures(ground, function) if found is None else _places(ground, found, function)
        for path, line in places:
            before = ground.read(path)
            made = None if before is None else _made(before, line, function, name, value, imports)
            if before is None or made is None:
                continue
            after, at = made
            yield Candidate(
                kind,
                f"{title} at {path}:{at}",
                f"{path}:{at}",
                (Edit(path, before, after),),
                cost="every use opens a connection of its own, in production as well" if likely else "",
                likely=likely,
            )
            break


def _places(ground: Ground, found: Explanation, function: str) -> Iterator[tuple[str, int]]:
    """Lines at which the constructor may be called: the wire-up, else where a holder's module calls it."""
    sites = [found.site, found.stored, *(found.made.sites if found.made is not None else ())]
    named = [site.at for site in sites if site is not None]
    named += [str(found.wire_up.made_at)] if found.wire_up is not None else []
    for at in dict.fromkeys(named):
        path, _, line = at.rpartition(":")
        yield path, int(line)
    for path in dict.fromkeys(held.file for held in found.holders if held.file):
        for number, text in enumerate((ground.read(path) or "").split("\n"), 1):
            if f"{function}(" in text:
                yield path, number


def _in_fixtures(ground: Ground, function: str) -> Iterator[tuple[str, int]]:
    """Lines at which fixtures that every test requests call the constructor."""
    first, *others = ([*requested(ground, test)] for test in ground.tests)
    for one in first:
        if all(one in other for other in others):
            for node in ast.walk(one.node):
                if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] == function:
                    yield one.path, node.lineno


def _made(
    text: str, line: int, function: str, name: str, value: str, imports: tuple[Import, ...]
) -> tuple[str, int] | None:
    """(the text in which the call of `function` at `line` has one more argument, the line of the call)."""
    try:
        source = Source(text)
    except ValueError:
        return None
    for call in source.calls(line):
        called = source.code(call.func)
        if called.rpartition(".")[2] != function:
            continue
        qualified = called.rpartition(".")[0]
        needed = () if qualified and imports and imports[0].module == qualified else imports
        written = value.format(of=f"{qualified}." if qualified and not needed else "")
        after = with_argument(source, call, name, written, needed)
        return None if after is None else (after, source.line(call))
    return None


_RESOURCES = ("SQLAlchemy", "httpx", "aiohttp")
_Row = tuple[str, str, str, str, tuple[Import, ...], str, bool]


def _rows(resource: str) -> Iterator[_Row]:
    """kind, constructor, argument, its value, what that imports, title, whether it is a mend."""
    if resource.startswith("SQLAlchemy"):
        pool = (Import("sqlalchemy.pool", "NullPool"),)
        yield "null-pool", "create_async_engine", "poolclass", "NullPool", pool, "make the engine with NullPool", True
        yield (
            "pre-ping",
            "create_async_engine",
            "pool_pre_ping",
            "True",
            (),
            "make the engine with pool_pre_ping",
            False,
        )
    elif resource.startswith("httpx"):
        limits = (Import("httpx", "Limits"),)
        value = "{of}Limits(max_keepalive_connections=0)"
        yield "no-keep-alive", "AsyncClient", "limits", value, limits, "make the client without keep-alive", True
    elif resource.startswith("aiohttp"):
        connector = (Import("aiohttp", "TCPConnector"),)
        value = "{of}TCPConnector(force_close=True)"
        yield "force-close", "ClientSession", "connector", value, connector, "make the session with force_close", False
