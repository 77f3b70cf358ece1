"""BL006: a long-lived task that the whole process shares."""

from bisect_loop.scan.rules.base import Rule, wired

RULE = Rule(
    "BL006",
    "shared-background-task",
    "A long-lived task is kept where it outlives its event loop, and is never cancelled.",
    wired("BL006", "task"),
)
