"""BL004: a client, pool or engine in a container, a function's cache or a default argument."""

from bisect_loop.scan.rules.base import Rule, wired

RULE = Rule(
    "BL004",
    "async-client-in-container-or-cache",
    "An async client, pool or engine is kept in a shared container, a cached factory or a default argument.",
    wired("BL004", "client", "container", "cache", "default"),
)
