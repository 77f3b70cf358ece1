"""Which mends are made from what is known, and how they read."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from bisect_loop.fixes import guard, leaks
from bisect_loop.fixes.candidates import candidates
from bisect_loop.fixes.ground import Files, Ground
from bisect_loop.fixes.model import worth_mending
from bisect_loop.model import Finding, Signature
from bisect_loop.provenance.explain import Explanation
from bisect_loop.provenance.record import Fixture, Happening, Held, Site, Step, Way
from bisect_loop.scan import Place, WireUp

POLLUTER, VICTIM = "tests/test_p.py::test_p", "tests/sub/test_v.py::test_v"
FINDING = Finding("victim", VICTIM, Signature("E", "", "", "call"), (POLLUTER, VICTIM), polluters=(POLLUTER,))


def explanation(
    resource: str, type_name: str, holder: str, name: str, made: str, gates: tuple[str, ...]
) -> Explanation:
    """Why: the resource `holder` holds, made at the line `made`."""
    event = Happening(POLLUTER, "call", "", (Site(made, "wire"),))
    module, _, rest = holder.partition(f".{name}")
    steps = (Step(module, "builtins.module", True), Step(f".{name}{rest}", type_name, False, event))
    held = Held(holder, f"{module.replace('.', '/')}.py", name)
    way = Way(steps, 1, (held,))
    return Explanation(resource, type_name, (held,), event, event, None, None, None, way, None, gates, (), "proved")


def project(root: Path, **files: str) -> Files:
    (root / "app").mkdir()
    (root / "tests" / "sub").mkdir(parents=True)
    for name, text in {"__init__": "", **files}.items():
        (root / "app" / f"{name}.py").write_text(text)
    (root / "tests" / "conftest.py").write_text("import pytest\n")
    (root / "tests" / "test_p.py").write_text("import pytest\n\n\n@pytest.fixture(scope='module')\ndef db(): ...\n")
    (root / "tests" / "sub" / "test_v.py").write_text("")
    (root / "pytest.ini").write_text("[pytest]\nasyncio_mode = auto\n")
    return Files(root)


def test_a_pooled_engine_gets_every_mend_that_the_facts_name(tmp_path: Path) -> None:
    """Reset, one loop, dispose, NullPool and guard; pre-ping and one option alone come last, as what is no mend."""
    db = "import os\nfrom sqlalchemy.ext.asyncio import create_async_engine\n\nENGINE = None\n\n\ndef wire():\n"
    db += "    global ENGINE\n    ENGINE = create_async_engine(os.environ['DATABASE_URL'])\n"
    engine = "sqlalchemy.ext.asyncio.engine.AsyncEngine"
    why = explanation("SQLAlchemy async engine", engine, "app.db.ENGINE", "ENGINE", "app/db.py:9", ())
    found = candidates(Ground(FINDING, why, project(tmp_path, db=db)))

    assert [(one.kind, one.likely) for one in found] == [
        ("reset-singleton", True),
        ("session-loop", True),
        ("dispose-in-fixture", True),
        ("null-pool", True),
        ("guard", True),
        ("pre-ping", False),
        ("session-fixture-loop", False),
    ]
    by_kind = {one.kind: one for one in found}
    assert "create_async_engine(os.environ['DATABASE_URL'], poolclass=NullPool)" in by_kind["null-pool"].edits[0].after
    assert "from sqlalchemy.pool import NullPool\n" in by_kind["null-pool"].edits[0].after
    dispose = by_kind["dispose-in-fixture"].edits[0]
    assert dispose.path == "tests/conftest.py"
    assert "        await engine.dispose()\n    app.db.ENGINE = before\n" in dispose.after
    gated = candidates(Ground(FINDING, replace(why, gates=("DATABASE_URL",)), Files(tmp_path)))
    assert gated[0].kind == "guard"


WIRED = """\
import os
import httpx

CLIENT = None


def wire():
    global CLIENT
    CLIENT = httpx.AsyncClient()


async def ask():
    global CLIENT
    answer = await CLIENT.get("/")
    return answer
"""


def test_a_guard_says_which_other_site_is_left(tmp_path: Path) -> None:
    """It stands where the resource is made, never around a line that only uses it, and names the sites beside it."""
    files = project(tmp_path, web=WIRED)
    other = WireUp(
        "httpx.AsyncClient", "client", "app.web.CLIENT", "global", Place("app/jobs.py", 7), Place("app/jobs.py", 7)
    )
    why = explanation("httpx.AsyncClient", "httpx.AsyncClient", "app.web.CLIENT", "CLIENT", "app/web.py:9", ())
    (found,) = guard.candidates(Ground(FINDING, why, files, wire_ups=(other,)))

    assert found.note == "app/jobs.py:7 stays unguarded: one unguarded site is enough to poison again"
    assert found.cost.startswith("the tests no longer exercise the HTTP client")
    used = explanation("httpx.AsyncClient", "httpx.AsyncClient", "app.web.CLIENT", "CLIENT", "app/web.py:14", ())
    assert list(guard.candidates(Ground(FINDING, used, files))) == []


def test_what_runs_at_import_is_guarded_by_what_pytest_sets_at_import(tmp_path: Path) -> None:
    """PYTEST_VERSION from pytest 8.2 on; PYTEST_CURRENT_TEST is tried to show that it is not set yet."""
    files = project(tmp_path, main="from app import db\n\ndb.POOL = make()\n")
    place = Place("app/main.py", 3)
    made = WireUp("redis.asyncio client", "client", "app.db.POOL", "global", place, place, at_import=True)
    imports = replace(FINDING, kind="import-time", polluters=(), import_polluters=("tests/test_p.py",))

    def kinds(pytest: str) -> list[tuple[str, bool]]:
        ground = Ground(imports, None, files, pytest=pytest, wire_ups=(made,))
        return [(one.kind, one.likely) for one in guard.candidates(ground)]

    assert kinds("8.2.0") == kinds("10.0") == [("guard", True), ("guard-current-test", False)]
    assert kinds("8.1.2") == [("guard-current-test", False)]


def test_a_fixture_that_is_wider_than_its_loop_gets_one_as_wide(tmp_path: Path) -> None:
    """pytest refuses it in every order: the options are the mend, and the option of the tests alone is none."""
    files = project(tmp_path)
    said = "ScopeMismatch: You tried to access the function scoped fixture _function_scoped_runner with a session "
    refused = Signature("Failed", "", f"{said}scoped request object.", "setup")
    finding = Finding("always-fails", VICTIM, refused, (VICTIM,))
    found = candidates(Ground(finding, None, files))

    assert worth_mending(finding)
    assert not worth_mending(replace(finding, signature=Signature("AssertionError", "", "", "call")))
    assert [(one.kind, one.likely) for one in found] == [
        ("equal-scopes", True),
        ("session-loop", True),
        ("session-test-loop", False),
    ]
    assert found[0].edits[0].after == "[pytest]\nasyncio_default_fixture_loop_scope = session\nasyncio_mode = auto\n"


def test_the_failure_itself_says_where_a_loop_is_missing(tmp_path: Path) -> None:
    """Without a trace too; asking the policy for it is what was done already."""
    files = project(tmp_path, tool="import asyncio\n\nasyncio.get_event_loop().run_until_complete(f())\n")
    missing = Signature(
        "RuntimeError", "app/tool.py:3", "There is no current event loop in thread 'MainThread'.", "call"
    )
    found = candidates(Ground(replace(FINDING, signature=missing), None, files))

    assert [(one.kind, one.likely) for one in found] == [("own-loop", True), ("ask-the-policy", False)]
    assert found[0].edits[0].after == "import asyncio\n\nasyncio.run(f())\n"


def test_nothing_is_ever_a_mask(tmp_path: Path) -> None:
    """No mend retries, sleeps, swallows or reruns, whatever the resource is."""
    app = "import httpx, aiohttp\n\nC = None\n\n\ndef wire():\n    global C\n    C = httpx.AsyncClient()\n"
    files = project(tmp_path, web=app)
    kinds = [("httpx.AsyncClient", "httpx.AsyncClient"), ("aiohttp.ClientSession", "x"), ("asyncio.Lock", "x")]
    for resource, type_name in kinds:
        why = explanation(resource, type_name, "app.web.C", "C", "app/web.py:8", ("URL",))
        for one in candidates(Ground(FINDING, why, files)):
            for edit in one.edits:
                added = set(edit.after.splitlines()) - set((edit.before or "").splitlines())
                words = " ".join(added)
                assert not any(mask in words for mask in ("retry", "sleep", "except", "suppress", "flaky", "rerun"))


def test_a_wide_fixture_and_its_tests_agree_on_one_width(tmp_path: Path) -> None:
    """Where a fixture's value holds it, the tests run on a loop as wide, or the fixture is made for each test."""
    files = project(tmp_path)
    why = explanation("asyncpg pool", "asyncpg.pool.Pool", "app.x.Y", "Y", "app/x.py:1", ())
    fixtures = ((VICTIM, (Fixture("db", "module", None, "tests/test_p.py:4"),)),)
    why = replace(why, holders=(Held("fixture db", "", ""),), fixtures=fixtures, made=None)
    by_kind = {one.kind: one for one in candidates(Ground(FINDING, why, files))}

    assert {edit.path for edit in by_kind["equal-scopes"].edits} == {"tests/test_p.py", "tests/sub/test_v.py"}
    for edit in by_kind["equal-scopes"].edits:
        assert 'pytestmark = pytest.mark.asyncio(loop_scope="module")\n' in edit.after
        assert "import pytest\n" in edit.after
    assert "@pytest.fixture\ndef db(): ...\n" in by_kind["function-fixture"].edits[0].after


def test_what_is_left_in_services_is_taken_back_and_nothing_else(tmp_path: Path) -> None:
    """Only what came during the test is deleted: whatever the variable names, data that was there stays."""
    files = project(tmp_path, db="import asyncpg\n")
    said = f"{POLLUTER} left 2 keys user:* and 1 row in orders (id 7)"
    ground = Ground(
        replace(FINDING, leaks=(said,)), None, files, urls={"redis": "REDIS_URL", "postgres": "DATABASE_URL"}
    )
    rows, keys = leaks.candidates(ground)

    assert "    added = set(store.scan_iter()) - before\n" in keys.edits[0].after
    assert "flush" not in keys.edits[0].after
    assert 'DELETE FROM orders WHERE id <> ALL($1)", before)\n' in rows.edits[0].after
    assert '    if "DATABASE_URL" not in os.environ:\n        yield\n        return\n' in rows.edits[0].after
    assert list(leaks.candidates(replace(ground, urls={}))) == []
