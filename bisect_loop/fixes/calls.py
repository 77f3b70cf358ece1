"""An argument of the constructor, so that no connection outlives the loop that opened it."""

from __future__ import annotations

from collections.abc import Iterator

from bisect_loop.fixes.ground import Ground
from bisect_loop.fixes.model import Candidate, Edit
from bisect_loop.fixes.python import Import, Source, with_argument


def candidates(ground: Ground) -> Iterator[Candidate]:
    """NullPool for an engine, no keep-alive for httpx; and what looks alike and is no mend."""
    found = ground.explanation
    if found is None or found.site is None:
        return
    path, _, line = found.site.at.rpartition(":")
    before = ground.read(path)
    if before is None:
        return
    try:
        source = Source(before)
    except ValueError:
        return
    for kind, function, name, value, imports, title, likely in _rows(found.resource):
        for call in source.calls(int(line)):
            called = source.code(call.func)
            if called.rpartition(".")[2] != function:
                continue
            qualified = called.rpartition(".")[0]
            needed = () if qualified and imports and imports[0].module == qualified else imports
            written = value.format(of=f"{qualified}." if qualified and not needed else "")
            after = with_argument(source, call, name, written, needed)
            if after is not None:
                at = f"{path}:{source.line(call)}"
                yield Candidate(
                    kind,
                    f"{title} at {at}",
                    at,
                    (Edit(path, before, after),),
                    cost="every use opens a connection of its own, in production as well" if likely else "",
                    likely=likely,
                )
            break


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
