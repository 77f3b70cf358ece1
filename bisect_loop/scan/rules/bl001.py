"""BL001: a client, pool or engine in a module global."""

from bisect_loop.scan.rules.base import Rule, wired

RULE = Rule(
    "BL001",
    "async-client-in-global",
    "An async client, pool or engine is kept in a module global and outlives the event loop that it binds to.",
    wired("BL001", "client", "global"),
)
