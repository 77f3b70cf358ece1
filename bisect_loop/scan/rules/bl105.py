"""BL105: a fixture's resource on one loop, its users on narrower ones."""

from __future__ import annotations

from collections.abc import Iterator

from bisect_loop.scan.closers import CLOSE_METHODS
from bisect_loop.scan.model import ScanFinding
from bisect_loop.scan.rules.base import Rule, View, finding, plural, with_article
from bisect_loop.scan.scopes import Scope
from bisect_loop.scan.suite import WIDTH, Fixture
from bisect_loop.scan.values import Value


def check(view: View) -> Iterator[ScanFinding]:
    if view.suite.named("event_loop"):
        return  # pytest-asyncio before 1.0: that fixture decides, and BL107 reports it
    for fixture in view.suite.fixtures.values():
        width = WIDTH.get(fixture.width, 0)
        if fixture.scope.is_async:
            width = min(width, WIDTH.get(view.suite.loop_scope(fixture), 0))
        if not width:
            continue
        value = _resource(view, fixture)
        if value is None:
            continue
        narrow = sorted(_narrower_users(view, fixture, width))
        if narrow:
            owner = f"the {fixture.width} loop" if fixture.scope.is_async else "the loop of its first user"
            yield finding(
                "BL105",
                f"{fixture.width} fixture {fixture.name!r} gives {with_article(value.resource.label)}"
                f" (made at {value.made_at}) bound to {owner},"
                f" but {plural(len(narrow), 'user')} of it, e.g. {narrow[0]}, "
                f"{'runs' if len(narrow) == 1 else 'run'} on a narrower loop",
                fixture.scope.place,
            )


def _resource(view: View, fixture: Fixture) -> Value | None:
    facts = view.flow.facts(fixture.scope)
    for value in (*facts.yields, *facts.returns):
        if isinstance(value, Value) and value.resource.kind == "client":
            return value
    return None


def _narrower_users(view: View, fixture: Fixture, width: int) -> set[str]:
    """The tests and async fixtures that use the resource on a loop narrower than `width`.

    A synchronous fixture in between has no loop: what uses it counts in its place. Where a function fixture closes
    the resource (`await engine.dispose()`), it is bound anew for each test, and nobody who has that fixture counts.
    """
    users = view.suite.users(fixture)
    closers = [view.suite.fixtures[user] for user in users if _closes(view, user, fixture.name)]
    safe = {user for closer in closers for user in (closer.scope, *view.suite.users(closer))}
    found: set[str] = set()
    seen: set[Scope] = set()
    waiting = list(users)
    while waiting:
        scope = waiting.pop()
        if scope in seen or scope in safe:
            continue
        seen.add(scope)
        test, user = view.suite.tests.get(scope), view.suite.fixtures.get(scope)
        if test is not None:
            if test.runner == "pytest-asyncio" and WIDTH.get(test.loop_scope, width) < width:
                found.add(test.nodeid)
        elif user is not None and user.scope.is_async:
            loop_scope = view.suite.loop_scope(user)
            if loop_scope in WIDTH and WIDTH[loop_scope] < width:
                found.add(f"the fixture {user.name!r} ({user.scope.place})")
        elif user is not None:
            waiting.extend(view.suite.users(user))
    return found


def _closes(view: View, scope: Scope, name: str) -> bool:
    """Tell whether a function fixture closes what the fixture called `name` gives it."""
    fixture = view.suite.fixtures.get(scope)
    return (
        fixture is not None
        and fixture.width == "function"
        and any(chain[0] == name and chain[-1] in CLOSE_METHODS for chain in scope.calls)
    )


RULE = Rule(
    "BL105",
    "wide-resource-narrow-loops",
    "A module or session fixture gives an async resource to tests or fixtures that run on narrower loops.",
    check,
)
