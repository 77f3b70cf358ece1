"""BL102: an override of an async fixture that forgets its loop_scope."""

from __future__ import annotations

from collections.abc import Iterator

from bisect_loop.scan.model import ScanFinding
from bisect_loop.scan.rules.base import Rule, View, finding
from bisect_loop.scan.suite import WIDTH


def check(view: View) -> Iterator[ScanFinding]:
    homes = {*view.suite.conftests, *view.suite.test_modules}
    for fixture in view.suite.fixtures.values():
        if fixture.module not in homes or fixture.loop_scope or not view.suite.loop_scope(fixture):
            continue
        parent = view.suite.find(fixture.name, fixture.scope)
        if parent is None or parent.module is fixture.module or not parent.loop_scope:
            continue
        expected, got = view.suite.loop_scope(parent), view.suite.loop_scope(fixture)
        if expected in WIDTH and expected != got:
            yield finding(
                "BL102",
                f"fixture {fixture.name!r} overrides the one of {parent.scope.place}, which runs on the {expected} loop"
                f' but itself runs on a {got} loop: add loop_scope="{expected}"',
                fixture.scope.place,
            )


RULE = Rule(
    "BL102",
    "override-without-loop-scope",
    "An async fixture overrides one of a conftest above it and drops its loop_scope.",
    check,
)
