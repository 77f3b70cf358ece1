"""BL106: one of the two loop-scope options without the other."""

from __future__ import annotations

from collections.abc import Iterator

from bisect_loop.scan.model import Place, ScanFinding
from bisect_loop.scan.rules.base import Rule, View, finding
from bisect_loop.scan.scopes import Scope
from bisect_loop.scan.settings import FIXTURE_OPTION, TEST_OPTION
from bisect_loop.scan.suite import Fixture


def check(view: View) -> Iterator[ScanFinding]:
    options = view.suite.options
    fixtures, tests = options.get(FIXTURE_OPTION), options.get(TEST_OPTION)
    if bool(fixtures) == bool(tests):
        return
    given, missing = (FIXTURE_OPTION, TEST_OPTION) if fixtures else (TEST_OPTION, FIXTURE_OPTION)
    value = fixtures or tests
    # "function" alone is what both are anyway, and "fixture-scope" only names the default.
    if value in ("function", "fixture-scope") or not _is_felt(view, value, wants_tests=not tests):
        return
    yield finding(
        "BL106",
        f"{given} is {value!r} but {missing} is not set: tests and async fixtures run on different loops",
        options.place(given) or Place("pyproject.toml", 1),
    )


def _is_felt(view: View, value: str, *, wants_tests: bool) -> bool:
    """Tell whether some async fixture and a test that uses it are left to defaults that differ."""
    suite = view.suite
    for fixture in suite.fixtures.values():
        loop_scope = suite.loop_scope(fixture)
        if not loop_scope or fixture.loop_scope:
            continue
        if not wants_tests and loop_scope != value:
            return True
        if wants_tests and any(not suite.tests[test].marked for test in _async_tests(view, fixture)):
            return True
    return False


def _async_tests(view: View, fixture: Fixture) -> list[Scope]:
    """The tests that use a fixture, directly or through others, and run under pytest-asyncio."""
    found, _ = view.reach.tests(fixture.scope)
    return [test for test in found if view.suite.tests[test].runner == "pytest-asyncio"]


RULE = Rule(
    "BL106",
    "one-loop-scope-option",
    "Only one of the two default loop scopes of pytest-asyncio is set, so tests and fixtures do not share a loop.",
    check,
)
