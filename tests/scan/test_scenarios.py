"""The scan finds, without running it, what each scenario was made to show, and nothing besides."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bisect_loop.conditions.toml import loads
from bisect_loop.scan import ScanFinding, ScanReport, scan
from bisect_loop.scan.ci import ci_environment

SCENARIOS = Path(__file__).parents[2] / "scenarios"

# Every finding of every scenario: its code, its place, and the holder where it is about one.
FOUND = {
    "aiohttp_session": [("BL002", "statuspage/http.py:14", "statuspage.http.Http.session")],
    "anyio_suite": [("BL002", "depot/link.py:36", "depot.link.Links.current.reader")],
    "asyncio_primitives": [("BL005", "thumbs/slots.py:19", "thumbs.slots._SLOTS")],
    "asyncpg_pool": [("BL001", "lockers/storage.py:53", "lockers.storage._STORAGE.pool")],
    "background_task": [("BL104", "tests/conftest.py:13", "")],
    "child_conftest_override": [("BL005", "books/ledger.py:35", "books.ledger._LEDGER.lock")],
    "env_gated": [("BL007", "lending/outbox.py:26", "lending.outbox._OUTBOX.loop")],
    "fastapi_sqlalchemy_attempts": [("BL001", "guestbook/database.py:16", "guestbook.database.engine")],
    "get_event_loop_teardown": [("BL103", "tests/store/test_store.py:12", "")],
    "healing_victims": [("BL001", "counters/store.py:29", "counters.store._REDIS")],
    "httpx_client": [("BL001", "invoicing/rates.py:46", "invoicing.rates._SERVER.client")],
    "import_time_wireup": [("BL001", "quotes/main.py:17", "quotes.cache.CACHE.client")],
    "isolated_asyncio": [
        ("BL005", "spooler/spool.py:24", "spooler.spool._SPOOL.jobs"),
        ("BL005", "spooler/spool.py:30", "spooler.spool._SPOOL.jobs"),
    ],
    "module_fixture_pool": [("BL105", "tests/test_statistics.py:11", "")],
    "redis_singleton": [("BL001", "backend/api/main.py:19", "backend.live_events._BUS.client")],
    "relay_task": [("BL006", "newsroom/screens.py:44", "newsroom.screens._RELAY.task")],
    "scope_mismatch": [("BL101", "tests/conftest.py:14", "")],
    "session_engine_function_loops": [("BL106", "pyproject.toml:16", ""), ("BL105", "tests/conftest.py:18", "")],
    "sqlalchemy_module_engine": [("BL001", "library/database.py:12", "library.database.engine")],
    "two_wireups_one_guarded": [("BL001", "alarms/jobs.py:12", "alarms.pager.PAGER.client")],
    "uvloop_policy": [("BL004", "geocoder/server.py:34", "geocoder.server.SERVERS.session")],
}

# Where a scan has nothing to say, and why.
NOTHING = {
    "coverage_slowdown": "a time limit that a trace function exceeds; no loop is involved",
    "cross_process": "two workers write into one file at the same time; no loop is involved",
    "healthy": "nothing is wrong with it",
    "per_loop_clean": "nothing is wrong with it: each loop has a client of its own",
    "rows_and_keys": "rows and keys that tests leave in the services; no loop is involved",
    "xdist_only": "a flag that a test leaves set; no loop is involved",
}

# Words that a finding must have besides: which gate, what CI says, which site, whose fault.
SAYS = {
    "background_task": "test_cook_takes_a_ticket (tests/cooking/test_cook.py:7) does nothing with",
    "child_conftest_override": "reset by the fixture books, which tests/imports/conftest.py:9 overrides for 1 of 5",
    "env_gated": "only with OUTBOX_URL (set in .github/workflows/ci.yml:14); no guard; reached from 1 test, "
    "e.g. tests/test_startup.py::test_the_desk_opens_with_nothing_lent",
    "healing_victims": "only with REDIS_URL",
    "import_time_wireup": "only with REDIS_URL",
    "module_fixture_pool": "(made at meters/database.py:16)",
    "redis_singleton": "only with REDIS_URL; reset by the fixture no_live_bus, but not what backend.audit.EMITTER.bus",
    "scope_mismatch": "may have scope 'session' (depends on SHARE_INDEX)",
    "session_engine_function_loops": "e.g. tests/test_varieties.py::test_kinds_are_sorted",
    "two_wireups_one_guarded": "the wire-up at alarms/service.py:16 is guarded, but one without a guard is enough",
}


def scanned(name: str) -> ScanReport:
    root = SCENARIOS / name
    return scan([root], root, ci_env=ci_environment(root))


def causes() -> list[tuple[str, dict[str, str]]]:
    """(scenario, cause) for every finding whose cause the truth knows, down to the line that makes the resource."""
    return [
        (path.parent.name, finding["cause"])
        for path in sorted(SCENARIOS.glob("*/expected.toml"))
        for finding in loads(path.read_text(encoding="utf-8")).get("finding", [])
        if "wire_up" in finding.get("cause", {})
    ]


def holds(finding: ScanFinding, cause: dict[str, str]) -> bool:
    """Tell whether a finding is about this wire-up and names its holder; which key it has there only a run shows."""
    wire_up = finding.wire_up
    if wire_up is None or cause["wire_up"] not in (str(wire_up.made_at), str(wire_up.stored_at)):
        return False
    paths = (wire_up.holder, *wire_up.also_held_by)
    holder = re.sub(r"\[.*?\]", "", cause["holder"])
    # The truth also names what a task runs: "asyncio task Relay._run()".
    return cause["resource"].startswith(wire_up.resource) and any(f"{path}.".startswith(f"{holder}.") for path in paths)


@pytest.mark.parametrize("name", sorted(path.parent.name for path in SCENARIOS.glob("*/expected.toml")))
def test_each_scenario_gives_exactly_its_findings(name: str) -> None:
    """Every planted defect stands in the report and nothing else does; a new scenario has to say what it gives."""
    assert (name in FOUND) != (name in NOTHING), f"{name}: say in FOUND or NOTHING what a scan has to give"
    report = scanned(name)
    found = [(each.code, str(each.place), each.wire_up.holder if each.wire_up else "") for each in report.findings]
    assert found == FOUND.get(name, []), [finding.message for finding in report.findings]
    assert any(SAYS.get(name, "") in finding.message for finding in report.findings) or name not in SAYS


@pytest.mark.parametrize(("name", "cause"), causes(), ids=lambda value: value if isinstance(value, str) else "")
def test_what_a_run_proves_is_what_the_scan_names(name: str, cause: dict[str, str]) -> None:
    """Resource, holder and line of the truth, established by running, stand in one finding.

    Fixtures and the loop policy are no holders that outlive a test: what is wrong with them is said of the fixture.
    """
    report = scanned(name)
    if cause["holder"].startswith("<") or cause["holder"] == "asyncio's event loop policy":
        assert any(finding.code.startswith("BL10") for finding in report.findings)
    elif name == "background_task":
        # Nothing but the queue holds the task: the fixture that starts it is to blame, on the line of the truth.
        assert [str(finding.place) for finding in report.findings] == [cause["wire_up"]]
    else:
        assert any(holds(finding, cause) for finding in report.findings), [f.message for f in report.findings]
