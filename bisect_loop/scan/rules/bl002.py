"""BL002: a client, pool or engine in a class attribute."""

from bisect_loop.scan.rules.base import Rule, wired

RULE = Rule(
    "BL002",
    "async-client-in-class-attribute",
    "An async client, pool or engine is kept in a class attribute and outlives the event loop that it binds to.",
    wired("BL002", "client", "class"),
)
