"""BL106: one of the two loop-scope options without the other."""

from __future__ import annotations

from collections.abc import Iterator

from bisect_loop.scan.model import Place, ScanFinding
from bisect_loop.scan.rules.base import Rule, View, finding
from bisect_loop.scan.settings import FIXTURE_OPTION, TEST_OPTION


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
    """Tell whether any async test, or fixture, is left to the default that is missing."""
    if wants_tests:
        tests = [test for test in view.suite.tests.values() if test.runner == "pytest-asyncio"]
        return any(not test.marked for test in tests)
    return any(
        view.suite.loop_scope(fixture) not in ("", value) and not fixture.loop_scope
        for fixture in view.suite.fixtures.values()
    )


RULE = Rule(
    "BL106",
    "one-loop-scope-option",
    "Only one of the two default loop scopes of pytest-asyncio is set, so tests and fixtures do not share a loop.",
    check,
)
