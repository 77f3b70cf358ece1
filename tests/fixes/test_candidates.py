"""Which mends are made from what is known, and how they read."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from bisect_loop.fixes import leaks
from bisect_loop.fixes.candidates import candidates
from bisect_loop.fixes.ground import Files, Ground
from bisect_loop.model import Finding, Signature
from bisect_loop.provenance.explain import Explanation
from bisect_loop.provenance.record import Fixture, Happening, Held, Site, Step, Way

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
