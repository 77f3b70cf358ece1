"""BL007: the event loop itself, kept for the whole process."""

from bisect_loop.scan.rules.base import Rule, wired

RULE = Rule(
    "BL007",
    "kept-event-loop",
    "The loop that runs at the moment is kept for the whole process, and work is put on it later.",
    wired("BL007", "loop"),
)
