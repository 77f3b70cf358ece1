"""BL102: an override of an async fixture that forgets its loop_scope."""

from __future__ import annotations

from collections.abc import Iterator

from bisect_loop.scan.model import ScanFinding
from bisect_loop.scan.rules.base import Rule, View, finding
from bisect_loop.scan.suite import is_below


def check(view: View) -> Iterator[ScanFinding]:
    conftests = set(view.suite.conftests)
    for fixture in view.suite.fixtures.values():
        if fixture.module not in conftests or fixture.loop_scope or not view.suite.loop_scope(fixture):
            continue
        above = [
            other
            for other in view.suite.named(fixture.name)
            if other.module in conftests
            and other.module is not fixture.module
            and is_below(fixture.module.directory, other.module.directory)
        ]
        if not above:
            continue
        parent = max(above, key=lambda other: len(other.module.directory))
        expected, got = view.suite.loop_scope(parent), view.suite.loop_scope(fixture)
        if parent.loop_scope and expected != got:
            yield finding(
                "BL102",
                f"fixture {fixture.name!r} overrides the one of {parent.scope.place}, which runs on the {expected} loop"
                f' but itself runs on a {got} loop: add loop_scope="{expected}"',
                fixture.scope.place,
            )


RULE = Rule(
    "BL102",
    "override-without-loop-scope",
    "A conftest overrides an async fixture of a conftest above it and drops its loop_scope.",
    check,
)
