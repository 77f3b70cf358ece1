"""BL003: a client, pool or engine on the state of a shared application."""

from bisect_loop.scan.rules.base import Rule, wired

RULE = Rule(
    "BL003",
    "async-client-on-app-state",
    "An async client, pool or engine is kept on the state of an application that tests share.",
    wired("BL003", "client", "state"),
)
