"""BL107: an override of pytest-asyncio's event_loop fixture."""

from __future__ import annotations

from collections.abc import Iterator

from bisect_loop.scan.model import ScanFinding
from bisect_loop.scan.rules.base import Rule, View, finding


def check(view: View) -> Iterator[ScanFinding]:
    for fixture in view.suite.named("event_loop"):
        wish = f': use loop_scope="{fixture.width}" instead' if fixture.width not in ("", "function") else ""
        yield finding(
            "BL107",
            f"the event_loop fixture is deprecated, and pytest-asyncio 1.0 ignores this override{wish}",
            fixture.scope.place,
        )


RULE = Rule(
    "BL107",
    "event-loop-override",
    "The event_loop fixture, which pytest-asyncio 1.0 removed, is overridden.",
    check,
)
