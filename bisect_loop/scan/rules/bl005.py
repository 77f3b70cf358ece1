"""BL005: an asyncio primitive that the whole process shares."""

from bisect_loop.scan.rules.base import Rule, wired

RULE = Rule(
    "BL005",
    "shared-asyncio-primitive",
    "A Lock, Queue, Event, Semaphore or Condition that tests share binds to the loop of the first that waits on it.",
    wired("BL005", "primitive"),
)
