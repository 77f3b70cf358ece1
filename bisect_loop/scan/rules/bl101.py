"""BL101: a fixture that lives longer than the loop it runs on."""

from __future__ import annotations

from collections.abc import Iterator

from bisect_loop.scan.conditions import Conditions
from bisect_loop.scan.model import ScanFinding
from bisect_loop.scan.rules.base import Rule, View, finding
from bisect_loop.scan.settings import FIXTURE_OPTION
from bisect_loop.scan.suite import WIDTH, Fixture


def check(view: View) -> Iterator[ScanFinding]:
    for fixture in view.suite.fixtures.values():
        loop_scope = view.suite.loop_scope(fixture)
        if fixture.width not in WIDTH or loop_scope not in WIDTH or WIDTH[loop_scope] >= WIDTH[fixture.width]:
            continue
        if any(
            override.width == fixture.width and view.suite.is_visible(override, fixture.scope)
            for override in view.suite.named("event_loop")
        ):
            continue  # pytest-asyncio before 1.0: that fixture decides, and BL107 reports it
        origin = (
            "its loop_scope"
            if fixture.loop_scope
            else f"{FIXTURE_OPTION} in {view.suite.options.place(FIXTURE_OPTION)}"
        )
        yield finding(
            "BL101",
            f"fixture {fixture.name!r} {_scope(view, fixture)} but runs on a {loop_scope!r} loop ({origin}): "
            f'add loop_scope="{fixture.width}"',
            fixture.scope.place,
        )


def _scope(view: View, fixture: Fixture) -> str:
    """That it has its scope; which variables decide, where it depends on some."""
    if fixture.depends is None:
        return f"has scope {fixture.width!r}"
    names = sorted(Conditions(view.project).variables(fixture.depends, fixture.module.scope))
    return f"may have scope {fixture.width!r}" + (f" (depends on {', '.join(names)})" if names else "")


RULE = Rule(
    "BL101", "fixture-outlives-its-loop", "The scope of an async fixture is wider than its loop's scope.", check
)
