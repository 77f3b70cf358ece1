"""Mends for tasks, overridden fixtures, data, brittle tests and other runners than pytest-asyncio, as written."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest

from bisect_loop.fixes import (
    brittle,
    calls,
    closing,
    falls_short,
    in_test_case,
    leaks,
    loops,
    one_at_a_time,
    overrides,
    per_loop,
    resets,
    restore,
    savepoint,
    scopes,
    tasks,
)
from bisect_loop.fixes.candidates import candidates
from bisect_loop.fixes.fixture import Body, with_fixture
from bisect_loop.fixes.ground import Files, Ground
from bisect_loop.fixes.model import Candidate, worth_mending
from bisect_loop.fixes.patch import applied, diff_of
from bisect_loop.fixes.python import Import
from bisect_loop.model import SAME_OBJECT, Change, Finding, Signature
from bisect_loop.provenance.explain import Explanation
from bisect_loop.provenance.record import Fixture, Happening, Held, SeenLoop, Site, Step, Way

PATH_V = "tests/test_v.py"
POLLUTER, VICTIM = "tests/test_p.py::test_p", "tests/test_v.py::test_v"
DIFFERENT = Signature("RuntimeError", "", "Event loop is closed", "call")
PLAIN = Signature("AssertionError", "", "assert 1 == 2", "call")
CONFIG = "[pytest]\nasyncio_mode = auto\n"
MASKS = ("retry", "sleep", "except ", "suppress", "flaky", "rerun")


def tree(root: Path, **files: str) -> Files:
    """A project; `app_db` is app/db.py, and so on."""
    files = {"tests_test_p": "async def test_p(): ...\n", "tests_test_v": "async def test_v(): ...\n", **files}
    for name, text in files.items():
        folder, _, stem = name.partition("_")
        file = root / folder / f"{stem}.py"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    if not (root / "pytest.ini").exists():
        (root / "pytest.ini").write_text(CONFIG)
    return Files(root)


def ground(files: Files, why: Explanation | None = None, *, signature: Signature = DIFFERENT, **more: object) -> Ground:
    urls = {"redis": "REDIS_URL", "postgres": "DATABASE_URL"}
    told: dict[str, object] = {"polluters": (POLLUTER,), **more}
    finding = Finding("victim", VICTIM, signature, (POLLUTER, VICTIM), **told)  # type: ignore[arg-type]
    return Ground(finding, why, files, urls=urls)


def why(
    resource: str, holder: str, name: str, *steps: Step, made: str = "", dead: bool = True, fixtures: object = ()
) -> Explanation:
    """Why it fails: `holder`, a path to the global `name`, holds the last of `steps`."""
    module = holder.partition(f".{name}")[0]
    held = Held(holder, f"{module.replace('.', '/')}.py" if not holder.startswith("<") else "", name)
    way = Way((Step(module, "builtins.module", True), *steps), len(steps), (held,))
    event = Happening(POLLUTER, "call", "", (Site(made, "f"),)) if made else None
    loop = SeenLoop(1, "asyncio.Loop", None, Happening(POLLUTER) if dead else None)
    shown: tuple[tuple[str, tuple[Fixture, ...]], ...] = fixtures  # type: ignore[assignment]
    return Explanation(resource, "x", (held,), event, event, None, loop, None, way, None, (), shown, "proved")


def sound(found: Iterable[Candidate], files: Files) -> dict[str, Candidate]:
    """By kind; each diff applies, what it makes parses, and nothing in it hides a failure."""
    by_kind = {one.kind: one for one in found}
    for one in by_kind.values():
        for edit in applied(diff_of(one.edits), files.read):
            if edit.path.endswith(".py"):
                ast.parse(edit.after)
        for edit in one.edits:
            new = " ".join(set(edit.after.splitlines()) - set((edit.before or "").splitlines()))
            assert not any(mask in new for mask in MASKS)
    return by_kind


STARTS = '''\
import asyncio
import pytest
from app import work


@pytest.fixture
async def worker(db) -> asyncio.Task:
    """Somebody who works."""
    {}  # for ever
'''


@pytest.mark.parametrize(
    ("start", "wanted"),
    [
        (
            "return asyncio.create_task(work.run(db))",
            ["task = asyncio.create_task(work.run(db))  # for ever", "yield task"],
        ),
        (
            "yield asyncio.create_task(work.run(db))",
            ["task = asyncio.create_task(work.run(db))  # for ever", "yield task"],
        ),
        ("asyncio.ensure_future(work.run(db))", ["task = asyncio.ensure_future(work.run(db))  # for ever", "yield"]),
    ],
)
def test_a_fixture_cancels_the_task_that_it_starts(start: str, wanted: list[str]) -> None:
    """It yields what it gave, and then cancels and awaits; one that cancels is left alone, as is what is no fixture."""
    text = STARTS.format(start)
    made = tasks.with_cancel(text, 9)

    assert made is not None
    after, name = made
    assert name == "worker"
    assert after.splitlines()[8:] == [
        f"    {line}" for line in (*wanted, "task.cancel()", "await asyncio.wait([task])")
    ]
    assert after.splitlines()[:6] == text.splitlines()[:6]
    assert tasks.with_cancel(after, 9) is None
    assert tasks.with_cancel(text.replace("@pytest.fixture\n", ""), 8) is None


def test_a_task_that_has_a_name_keeps_it() -> None:
    """What stands between its start and the end of the fixture stays there."""
    text = (
        STARTS.format("job = asyncio.create_task(work.run(db))")
        + "    await work.ready(job)\n    return Desk(job)  # its desk\n"
    )
    made = tasks.with_cancel(text, 9)

    assert made is not None
    assert made[0].splitlines()[9:] == [
        "    await work.ready(job)",
        "    yield Desk(job)  # its desk",
        "    job.cancel()",
        "    await asyncio.wait([job])",
    ]


def test_what_a_fixture_keeps_elsewhere_is_kept_there() -> None:
    """Others read the attribute, so the assignment stays; of what leaves the fixture before it nothing is made."""
    made = tasks.with_cancel(STARTS.format("db.job = asyncio.create_task(work.run(db))"), 9)
    assert made is not None
    assert made[0].splitlines()[8:] == [
        "    db.job = asyncio.create_task(work.run(db))  # for ever",
        "    yield",
        "    db.job.cancel()",
        "    await asyncio.wait([db.job])",
    ]
    twice = "one = db.job = asyncio.create_task(work.run(db))"
    early = "if not db:\n        return None\n    yield asyncio.create_task(work.run(db))"
    assert tasks.with_cancel(STARTS.format(twice), 9) is None
    assert tasks.with_cancel(STARTS.format(early), 11) is None


def test_tasks_are_cancelled_where_their_loop_lives_on(tmp_path: Path) -> None:
    """With a cause or with changes alone; where the loop took the task along, cancelling is what falls short."""
    conftest = STARTS.format("return asyncio.create_task(work.run(db))")
    files = tree(tmp_path, tests_conftest=conftest, tests_test_p="async def test_p(worker): ...\n")
    task = Step(".INBOX", "_asyncio.Task", False)
    alive = why("asyncio task run()", "app.work.INBOX", "INBOX", task, made="tests/conftest.py:9", dead=False)
    found = sound(tasks.candidates(ground(files, alive)), files)

    assert [(one.kind, one.likely) for one in found.values()] == [
        ("cancel-in-fixture", True),
        ("cancel-what-is-left", True),
    ]
    changed = ground(files, signature=PLAIN, changes=(Change("app.work.INBOX._getters", "0", "1", POLLUTER),))
    assert list(sound(tasks.candidates(changed), files)) == list(found)
    dead = why("asyncio task run()", "app.work.INBOX", "INBOX", task, made="tests/conftest.py:9")
    assert not any(one.likely for one in tasks.candidates(ground(files, dead)))


def test_a_fixture_requests_the_one_that_it_takes_the_place_of(tmp_path: Path) -> None:
    """Only where the wider one does something when the test is over."""
    wide = "import pytest\n\n\n@pytest.fixture(autouse=True)\ndef books():\n    yield\n    close()\n"
    narrow = "import pytest\n\n\n@pytest.fixture(autouse=True)\ndef books():\n    return 1\n"
    files = tree(tmp_path, tests_conftest=wide, tests_test_p=narrow + "\n\nasync def test_p(): ...\n")
    found = sound(overrides.candidates(ground(files)), files)

    assert "def books(books):\n    return 1\n" in found["do-not-override"].edits[0].after
    files = tree(tmp_path / "other", tests_conftest=narrow, tests_test_p=narrow + "\n\nasync def test_p(): ...\n")
    assert list(overrides.candidates(ground(files))) == []


STREAM = (
    Step(".Links", "builtins.type", True),
    Step(".current", "app.link.Link", True),
    Step(".reader", "asyncio.streams.StreamReader", False),
)
LINK = "class Link:\n    def __init__(self, reader): ...\n    async def close(self): ...\n\n\n"
LINK += "class Links:\n    current = None\n"


def test_anyio_closes_through_the_users_own_method(tmp_path: Path) -> None:
    """Under anyio's plugin the fixture asks for the backend; where that is several, none is written."""
    backend = "import pytest\n\n\n@pytest.fixture{}\ndef anyio_backend():\n    return 'asyncio'\n"
    test = "import pytest\n\npytestmark = pytest.mark.anyio\n\n\nasync def test_p(): ...\n"
    files = tree(tmp_path, app_link=LINK, tests_conftest=backend.format(""), tests_test_p=test)
    because = why("asyncio stream", "app.link.Links.current", "Links", *STREAM)
    way = because.way
    assert way is not None
    # Found through a module that only imports the holder.
    because = replace(because, way=replace(way, steps=(Step("app.desk", "builtins.module", True), *way.steps[1:])))
    found = sound(closing.candidates(ground(files, because)), files)
    short = sound(falls_short.candidates(ground(files, because)), files)

    after = found["close-in-fixture"].edits[0].after
    assert "@pytest.fixture(autouse=True)\nasync def open_link_closed(anyio_backend):\n" in after
    assert "    if isinstance(open_link, app.link.Link):\n        await open_link.close()\n" in after
    assert '@pytest.fixture(scope="session")\ndef anyio_backend' in short["wider-backend"].edits[0].after
    assert list(loops.candidates(ground(files, because))) == []
    several = tree(tmp_path / "2", app_link=LINK, tests_conftest=backend.format("(params=['a'])"), tests_test_p=test)
    assert list(closing.candidates(ground(several, because))) == []


def test_what_hangs_below_a_key_may_be_gone(tmp_path: Path) -> None:
    """A key that no test has set is nothing to close."""
    files = tree(tmp_path, app_web="SERVERS = {}\n")
    steps = (
        Step(".SERVERS", "builtins.dict", False),
        Step("['centre']", "app.web.Server", True),
        Step(".session", "aiohttp.client.ClientSession", False),
    )
    because = why("aiohttp.ClientSession", "app.web.SERVERS['centre']", "SERVERS", *steps)
    after = sound(closing.candidates(ground(files, because)), files)["close-in-fixture"].edits[0].after

    assert '    session = getattr(app.web.SERVERS.get("centre"), "session", None)\n' in after
    assert '        await session.close()\n    app.web.SERVERS.pop("centre", None)\n' in after


@pytest.mark.parametrize(
    ("kind", "value", "back"),
    [
        ("list", "(app.web.POOL[0:1] or [None])[0]", "app.web.POOL[:] = before"),
        ("dict", "app.web.POOL.get(0)", "app.web.POOL.pop(0, None)"),
    ],
)
def test_what_stands_at_a_number_may_be_gone(tmp_path: Path, kind: str, value: str, back: str) -> None:
    """A place in a list that no test has filled is nothing to close either."""
    files = tree(tmp_path, app_web="POOL = make()\n")
    steps = (Step(".POOL", f"builtins.{kind}", False), Step("[0]", "aiohttp.client.ClientSession", False))
    because = why("aiohttp.ClientSession", "app.web.POOL[0]", "POOL", *steps)
    after = sound(closing.candidates(ground(files, because)), files)["close-in-fixture"].edits[0].after

    assert f"    session = {value}\n    if session is not None:\n        await session.close()\n    {back}\n" in after


def test_a_test_case_closes_on_its_own_loop(tmp_path: Path) -> None:
    """An IsolatedAsyncioTestCase has a loop that no fixture has: the test itself says what is to be done at its end."""
    case = "import unittest\n\n\nclass Case(unittest.IsolatedAsyncioTestCase):\n    async def test_p(self):\n"
    case += '        """Doc."""\n        await go()  # now\n'
    files = tree(tmp_path, app_link=LINK, tests_test_p=case)
    because = why("asyncio stream", "app.link.Links.current", "Links", *STREAM)
    polluter = "tests/test_p.py::Case::test_p"
    found = sound(closing.candidates(ground(files, because, polluters=(polluter,))), files)

    after = found["close-in-cleanup"].edits[0].after
    assert '        """Doc."""\n        before = app.link.Links.current\n        async def closed():\n' in after
    assert "        self.addAsyncCleanup(closed)\n        await go()  # now\n" in after


ENGINE = """\
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

engine = create_async_engine("postgresql+asyncpg://")
{}
async def session():
    async with {} as opened:
        yield opened
"""
CLIENT = "import pytest\n\n\n@pytest.fixture\nasync def client(tables):\n    yield 1\n"
ASKS = "async def test_{}(client): ...\n"


def test_a_sessionmaker_is_bound_to_a_transaction(tmp_path: Path) -> None:
    """Commits end savepoints, all is rolled back, on one loop; the tests' own fixture asks for it, and nobody else."""
    engine = ENGINE.format("Session = async_sessionmaker(engine)\n\n", "Session()")
    asks = {"tests_test_p": ASKS.format("p"), "tests_test_v": ASKS.format("v")}
    files = tree(tmp_path, app_db=engine, tests_conftest=CLIENT, **asks)
    because = why("SQLAlchemy async engine", "app.db.engine", "engine", made="app/db.py:3")
    conftest, options = sound(savepoint.candidates(ground(files, because)), files)["rollback"].edits

    assert "async def client(tables, rolled_back):\n" in conftest.after
    assert "@pytest_asyncio.fixture\nasync def rolled_back():\n" in conftest.after
    assert 'configure(bind=connection, join_transaction_mode="create_savepoint")\n        yield\n' in conftest.after
    assert conftest.after.endswith("        await transaction.rollback()\n")
    assert "asyncio_default_test_loop_scope = session\n" in options.after


def test_a_dependency_is_overridden_where_there_is_no_sessionmaker(tmp_path: Path) -> None:
    """The session that FastAPI injects is the one of the transaction, for every test where no fixture is shared."""
    app = "from fastapi import Depends, FastAPI\nfrom app.db import session\n\napp = FastAPI()\n\n\n"
    app += "@app.get('/')\nasync def get(opened=Depends(session)): ...\n"
    files = tree(tmp_path, app_db=ENGINE.format("\n", "AsyncSession(engine)"), app_main=app)
    rows = f"{POLLUTER} left 1 row in entries (id 1)"
    (edit,) = sound(savepoint.candidates(ground(files, signature=PLAIN, leaks=(rows,))), files)["rollback"].edits

    assert "@pytest_asyncio.fixture(autouse=True)\nasync def rolled_back():\n" in edit.after
    assert "app.main.app.dependency_overrides[app.db.session] = opened\n        yield\n" in edit.after
    assert 'AsyncSession(connection, join_transaction_mode="create_savepoint")' in edit.after


@pytest.mark.parametrize(
    ("imports", "wanted"),
    [
        ("import psycopg", 'cursor.execute("DELETE FROM orders WHERE id <> ALL(%s)", (before,))'),
        ("from psycopg2 import connect", 'cursor.execute("SELECT id FROM orders")'),
        ("import pg8000.dbapi", 'database.run("DELETE FROM orders WHERE id <> ALL(:kept)", kept=before)'),
        ("URL = 'postgresql+asyncpg://'", 'await database.execute("DELETE FROM orders WHERE id <> ALL($1)", before)'),
    ],
)
def test_rows_are_taken_back_with_the_projects_own_driver(tmp_path: Path, imports: str, wanted: str) -> None:
    """With what it imports, or what SQLAlchemy's URL names; a table that is not there yet is asked nothing."""
    files = tree(tmp_path, app_db=f"{imports}\n")
    rows = f"{POLLUTER} left 1 row in orders (id 7)"
    found = sound(leaks.candidates(ground(files, signature=PLAIN, leaks=(rows,))), files)

    after = found["take-back-rows"].edits[0].after
    assert wanted in after
    assert "    if there:\n" in after
    assert list(leaks.candidates(ground(tree(tmp_path / "none"), signature=PLAIN, leaks=(rows,)))) == []


ACCESSOR = '''\
from __future__ import annotations

from redis.asyncio import Redis

_REDIS: Redis | None = None  # shared


def client() -> Redis:
    """The one client."""
    global _REDIS
    if _REDIS is None:
        _REDIS = Redis()  # here
    return _REDIS
'''


def test_a_singleton_is_kept_by_loop(tmp_path: Path) -> None:
    """Where one function makes it and hands it out; not where others name it, or call that outside of coroutines."""
    use = "from app.db import client\n\n\nasync def get():\n    return await client().get('x')\n"
    files = tree(tmp_path, app_db=ACCESSOR, app_use=use)
    because = why("redis.asyncio client", "app.db._REDIS", "_REDIS", made="app/db.py:12")
    after = sound(per_loop.candidates(ground(files, because)), files)["per-loop"].edits[0].after

    kept = "_REDIS: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, Redis] = weakref.WeakKeyDictionary()  # shared"
    assert f"{kept}\n" in after
    assert after.endswith(
        '    """The one client."""\n    loop = asyncio.get_running_loop()\n    if loop not in _REDIS:\n'
        "        _REDIS[loop] = Redis()  # here\n    return _REDIS[loop]\n"
    )
    assert per_loop.per_loop(after, "_REDIS") is None
    quoted = ACCESSOR.replace("from __future__ import annotations\n", "").replace("Redis | None", '"Redis | None"')
    made = per_loop.per_loop(quoted, "_REDIS")
    assert made is not None
    assert '_REDIS: "weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, Redis]" = ' in made[0]
    for number, other in enumerate(("X = client()\n", "def f(): return client()\n", "g(client)\n", "db._REDIS = 1\n")):
        bad = tree(tmp_path / str(number), app_db=ACCESSOR, app_use=use + other)
        assert list(per_loop.candidates(ground(bad, because))) == []


@pytest.mark.parametrize("known", ["a trace", "the sources alone"])
def test_tests_follow_the_fixture_that_they_share(tmp_path: Path, known: str) -> None:
    """Those that do not run on a loop as wide as the fixture do so; those that did are left alone."""
    conftest = "import pytest\n\n\n@pytest.fixture(scope='session')\nasync def engine():\n    yield 1\n"
    victim = (
        "import pytest\n\npytestmark = pytest.mark.asyncio(loop_scope='session')\n\n\nasync def test_v(engine): ...\n"
    )
    files = tree(tmp_path, tests_conftest=conftest, tests_test_p="async def test_p(engine): ...\n", tests_test_v=victim)
    fixtures = ((VICTIM, (Fixture("engine", "session", None, "tests/conftest.py:4"),)),)
    because = why("SQLAlchemy async engine", "<session fixture engine>", "engine", fixtures=fixtures)
    found = sound(scopes.candidates(ground(files, because if known == "a trace" else None)), files)

    (edit,) = found["equal-scopes"].edits
    assert list(found) == ["equal-scopes", "function-fixture"]
    (tmp_path / "pytest.ini").write_text(CONFIG + "asyncio_default_fixture_loop_scope = session\n")
    assert [one.kind for one in scopes.candidates(ground(Files(tmp_path)))] == ["equal-scopes"]
    assert (edit.path, 'pytestmark = pytest.mark.asyncio(loop_scope="session")\n' in edit.after) == (
        "tests/test_p.py",
        True,
    )


def test_without_a_trace_it_is_what_a_shared_fixture_makes(tmp_path: Path) -> None:
    """The engine of a fixture that all of the tests request; an engine elsewhere is nobody's."""
    conftest = "import pytest\nfrom sqlalchemy.ext.asyncio import create_async_engine\n\n\n"
    conftest += "@pytest.fixture\nasync def engine():\n    yield create_async_engine('x')\n"
    shared = {"tests_test_p": "async def test_p(engine): ...\n", "tests_test_v": "async def test_v(engine): ...\n"}
    files = tree(tmp_path / "1", tests_conftest=conftest, **shared)
    found = sound(calls.candidates(ground(files)), files)

    assert [(one.kind, one.likely) for one in found.values()] == [("null-pool", True), ("pre-ping", False)]
    assert "create_async_engine('x', pool_pre_ping=True)" in found["pre-ping"].edits[0].after
    assert list(calls.candidates(ground(tree(tmp_path / "2", tests_conftest=conftest)))) == []


def test_a_brittle_test_brings_what_its_setter_left(tmp_path: Path) -> None:
    """A fixture of the setter that the victim sees, and one that sets the plain values; none of what is no value."""
    conftest = "import pytest\n\n\n@pytest.fixture\ndef loaded(): ...\n"
    setter = "def test_p(loaded): ...\n"
    files = tree(tmp_path, app_conf="READY = False\n", tests_conftest=conftest, tests_test_p=setter)
    changes = (
        Change("app.conf.READY", "False", "True", POLLUTER),
        Change("os.environ['TZ']", "", "'UTC'", POLLUTER),
    )
    finding = Finding(
        "brittle", VICTIM, PLAIN, (POLLUTER, VICTIM), setters=(POLLUTER,), confirmed=True, changes=changes
    )
    found = sound(brittle.candidates(Ground(finding, None, files)), files)

    assert worth_mending(finding)
    assert '@pytest.mark.usefixtures("loaded")\nasync def test_v' in found["use-setters-fixture"].edits[0].after
    conftest_edit, test_edit = found["state-in-fixture"].edits
    assert 'monkeypatch.setattr(app.conf, "READY", True, raising=False)\n' in conftest_edit.after
    assert 'monkeypatch.setenv("TZ", "UTC")\n' in conftest_edit.after
    assert '@pytest.mark.usefixtures("state_needed")' in test_edit.after
    unknown = (Change("app.conf.READY", "None", "a Thing", POLLUTER),)
    other = Finding("brittle", VICTIM, PLAIN, (POLLUTER, VICTIM), setters=(POLLUTER,), changes=unknown)
    assert [one.kind for one in brittle.candidates(Ground(other, None, files))] == ["use-setters-fixture"]


def test_what_an_import_changed_is_as_before_for_each_test(tmp_path: Path) -> None:
    """Plain values, and what was not there; there is nothing to put back after a test."""
    files = tree(tmp_path, app_conf="READY = False\nLIMITS = {}\n")
    module = "tests/test_p.py"
    changes = (
        Change("app.conf.READY", "False", "True", module),
        Change("app.conf.LIMITS['a']", "", "1", module),
        Change("os.environ['TZ']", "", "'UTC'", module),
        Change("app.conf.OTHER", "a Thing", "a Mock", module),
    )
    importing = ground(files, signature=PLAIN, polluters=(), import_polluters=(module,), changes=changes)
    found = sound(restore.candidates(importing), files)

    assert list(found) == ["undo-import"]
    after = found["undo-import"].edits[0].after
    assert '    monkeypatch.setattr(app.conf, "READY", False, raising=False)\n' in after
    assert '    monkeypatch.delitem(app.conf.LIMITS, "a", raising=False)\n' in after
    assert '    monkeypatch.delenv("TZ", raising=False)\n    yield\n' in after


def test_what_a_module_of_tests_keeps_is_put_back_there(tmp_path: Path) -> None:
    """What is bound anew is global in the fixture; what others changed, and what is not its own, is left alone."""
    text = """import pytest
from app import conf

SEEN = []
LAST = None
CACHE = []


class TestP:
    made = {}

    def test_p(self): ...

    def test_v(self): ...
"""
    files = tree(tmp_path, tests_test_p=text, app_conf="READY = False\n")
    polluter, victim = "tests/test_p.py::TestP::test_p", "tests/test_p.py::TestP::test_v"
    changes = (
        Change("test_p.SEEN", "[]", "[1]", polluter),
        Change("tests.test_p.LAST", "None", "3", polluter),
        Change("test_p.TestP.made['a']", "", "1", polluter),
        Change("test_p.TestP.made['b']", "", "2", polluter),
        Change("test_p.CACHE", "[]", "None", polluter),
        Change("test_p.FRESH", "", "1", polluter),
        Change("test_p.TestP.mode", "", "'b'", polluter),
        Change("test_p.elsewhere", "1", "2", polluter),
        Change("test_p.SEEN[0].name", "1", "2", "tests/test_q.py::test_q"),
        Change("test_other.SEEN", "1", "2", polluter),
    )
    finding = Finding("victim", victim, PLAIN, (polluter, victim), polluters=(polluter,), changes=changes)
    found = sound(restore.candidates(Ground(finding, None, files)), files)

    (edit,) = found["restore-state"].edits
    assert edit.path == "tests/test_p.py"
    assert (
        edit.after.removeprefix(text)
        == """

@pytest.fixture(autouse=True)
def state_put_back():
    \"\"\"What a test changes is not for the next test.\"\"\"
    global LAST, CACHE
    before_1 = list(SEEN)
    before_2 = LAST
    before_3 = dict(TestP.made)
    before_4 = CACHE
    had_before_5 = "FRESH" in globals()
    yield
    SEEN[:] = before_1
    LAST = before_2
    TestP.made.clear()
    TestP.made.update(before_3)
    CACHE = before_4
    if not had_before_5:
        globals().pop("FRESH", None)
"""
    )
    assert "test_p.TestP.mode" not in found["restore-state"].title
    elsewhere = replace(finding, victim=VICTIM, minimal_order=(polluter, VICTIM))
    assert not list(restore.candidates(Ground(elsewhere, None, files)))
    one = replace(finding, changes=changes[-5:])
    (candidate,) = restore.candidates(Ground(one, None, files))
    assert '    had_before_2 = "mode" in vars(TestP)\n' in candidate.edits[0].after
    assert '    if not had_before_2 and "mode" in vars(TestP):\n        del TestP.mode\n' in candidate.edits[0].after


def test_a_fixture_of_a_module_takes_no_name_of_a_conftest(tmp_path: Path) -> None:
    """It would take the place of that fixture for the tests of the module: one mend would undo another."""
    mended = "import pytest\n\n\n@pytest.fixture(autouse=True)\ndef state_put_back():\n    yield\n"
    files = tree(tmp_path, tests_conftest=mended, tests_test_p="SEEN = []\n")
    order = ("tests/test_p.py::test_p", "tests/test_p.py::test_v")
    changes = (Change("test_p.SEEN", "[]", "[1]", order[0]),)
    finding = Finding("victim", order[1], PLAIN, order, polluters=order[:1], changes=changes)
    (found,) = restore.candidates(Ground(finding, None, files))
    assert "\ndef state_put_back_2():\n" in found.edits[0].after


def test_what_falls_short_is_chosen_by_the_resource(tmp_path: Path) -> None:
    """Emptying a queue, a pool of one connection, asyncio's loops instead of uvloop's: never likely."""
    queue = "import asyncio\n\nJOBS = asyncio.Queue()\n"
    pool = "import asyncpg\n\n\nasync def start():\n    global POOL\n    POOL = await asyncpg.create_pool(\n"
    pool += '        "x",  # theirs\n        max_size=5,\n    )\n'
    policy = "import uvloop\n\n\ndef policy():\n    return uvloop.EventLoopPolicy()  # fast\n"
    files = tree(tmp_path, app_q=queue, app_db=pool, tests_conftest=policy)
    step = Step(".JOBS", "asyncio.queues.Queue", False)
    one = sound(falls_short.candidates(ground(files, why("asyncio.Queue", "app.q.JOBS", "JOBS", step))), files)
    two = sound(
        falls_short.candidates(ground(files, why("asyncpg pool", "app.db.POOL", "POOL", made="app/db.py:6"))), files
    )

    assert not any(found.likely for found in (*one.values(), *two.values()))
    assert "    while not app.q.JOBS.empty():\n" in one["empty-the-queue"].edits[0].after
    assert '"x",  # theirs\n' in two["smaller-pool"].edits[0].after
    assert "        max_size=1,\n        min_size=1,\n" in two["smaller-pool"].edits[0].after


def test_a_cleanup_hides_no_name_of_its_file() -> None:
    """Modules, what is kept for later and the cleanup itself get names that are free there."""
    text = (
        "import unittest\nfrom app.main import app\n\n\nclass T(unittest.IsolatedAsyncioTestCase):\n"
        "    async def test_it(self):\n        before = closed = 3\n        assert app, before\n"
    )
    made = in_test_case.with_cleanup(
        text, ("T", "test_it"), ["before = {app.bus}.X"], ["{app.bus}.X = before"], ["app.bus"]
    )
    assert made is not None
    assert made[0].splitlines()[7:12] == [
        "        before_2 = bus.X",
        "        async def closed_2():",
        "            bus.X = before_2",
        "        self.addAsyncCleanup(closed_2)",
        "        before = closed = 3",
    ]
    assert "from app import bus\n" in made[0]


def test_a_client_by_loop_leaves_parameters_alone() -> None:
    """A parameter called loop is what the caller gives."""
    text = "X = None\n\n\ndef get(loop=None):\n    global X\n    if X is None:\n        X = make(loop)\n    return X\n"
    made = per_loop.per_loop(text, "X")
    assert made is not None
    assert (
        "    loop_2 = asyncio.get_running_loop()\n    if loop_2 not in X:\n        X[loop_2] = make(loop)\n" in made[0]
    )


def test_what_cannot_be_read_ends_nothing(tmp_path: Path) -> None:
    """A link to itself counts as absent, and what nobody could read may name the global."""
    (tmp_path / "loop.py").symlink_to(tmp_path / "loop.py")
    (tmp_path / "old.py").write_bytes(b"# \xe9\n")
    files = Files(tmp_path)
    assert files.read("loop.py") is None
    assert not files.all_known


def test_an_import_of_a_fixture_hides_no_other_fixture(tmp_path: Path) -> None:
    """Where a conftest has a fixture called as the module is, the module gets another name."""
    (tmp_path / "conftest.py").write_text("import pytest\n\n\n@pytest.fixture\ndef redis(): ...\n")
    body = Body((), ("redis.Redis().close()",), (), (Import("redis"),))
    written = with_fixture(ground(Files(tmp_path)), "closed", "Closes.", body)
    assert written is not None
    assert "import redis as redis_\n" in written.edit.after
    assert "    redis_.Redis().close()\n" in written.edit.after


def test_names_of_one_object_stand_for_it_again(tmp_path: Path) -> None:
    """A wider fixture may bind one of them anew after the end of a test: before the next they are one again."""
    files = tree(tmp_path, app_kinds="KINDS = {}\n", app_routes="from app.kinds import KINDS\n")
    change = Change("app.kinds.KINDS", f"{SAME_OBJECT}app.routes.KINDS", "another one: dict of 2", POLLUTER)
    put_back, bound = restore.candidates(ground(files, signature=PLAIN, changes=(change,)))

    assert put_back.kind == bound.kind == "restore-state"
    assert "    app.kinds.KINDS = app.routes.KINDS\n    yield\n" in bound.edits[0].after
    assert "in place" in bound.cost


@pytest.mark.parametrize("polluters", [1, 5])
def test_tests_that_clash_run_one_at_a_time(tmp_path: Path, polluters: int) -> None:
    """Each of their functions asks for the lock once; where there are many of them, no lock is offered."""
    tests = "".join(f"def test_{number}(): ...\n" for number in range(polluters))
    files = tree(tmp_path, tests_conftest="fcntl = None\n", tests_test_p=f"import pytest\n\n\n{tests}")
    clash = tuple(f"tests/test_p.py::test_{number}[{case}]" for number in range(polluters) for case in "ab")
    finding = Finding("cross-process", VICTIM, PLAIN, (*clash, VICTIM), polluters=clash, confirmed=True)
    assert worth_mending(finding)
    found = sound(candidates(Ground(finding, None, files)), files)
    if polluters > 4:
        assert not found
        return
    both, one = found["lock-between-processes"], found["lock-for-victim"]
    assert (both.likely, one.likely) == (True, False)
    after = {edit.path: edit.after for edit in both.edits}
    asked = '@pytest.mark.usefixtures("one_at_a_time")\n'
    assert f"{asked}def test_0()" in after["tests/test_p.py"] and f"{asked}async def test_v()" in after[PATH_V]
    assert "import fcntl as fcntl_module\n\nfcntl = None\n" in after["tests/conftest.py"]
    take, give = (f"        fcntl_module.flock(file, fcntl_module.LOCK_{how})\n" for how in ("EX", "UN"))
    assert after["tests/conftest.py"].endswith(f"    with open(__file__) as file:\n{take}        yield\n{give}")
    assert {edit.path for edit in one.edits} == {"tests/conftest.py", PATH_V}


def test_a_clash_whose_tests_are_not_known_gets_no_lock(tmp_path: Path) -> None:
    finding = Finding("cross-process", VICTIM, PLAIN, (POLLUTER, VICTIM), confirmed=True)
    assert not worth_mending(finding)
    assert not list(one_at_a_time.candidates(Ground(finding, None, tree(tmp_path))))


@pytest.mark.parametrize(
    ("holder", "name", "fixture"),
    [
        ("app.db.GATES[8080]", "GATES", "gates_put_back"),
        ("app.db._inflight['10.0.0.1']", "_inflight", "inflight_put_back"),
        ("app.db._inflight['class']", "_inflight", "inflight_put_back"),
        ("app.db._inflight['__2__']", "_inflight", "inflight_put_back"),
        ("app.db._['9']", "_", "it_put_back"),
    ],
)
def test_a_fixture_is_called_by_what_can_be_a_name(tmp_path: Path, holder: str, name: str, fixture: str) -> None:
    """A key may be a number or a keyword: the fixture is named by the last word that is neither."""
    files = tree(tmp_path, app_db=f"{name} = dict(x=1)\n")
    because = why("asyncio.Lock", holder, name, Step(holder.removeprefix("app.db"), "asyncio.Lock", False))
    found = sound(resets.candidates(ground(files, because)), files)

    assert f"def {fixture}():\n" in found["reset-singleton"].edits[0].after


TYPES = {"list": "builtins.list", "dict": "builtins.dict", "deque": "collections.deque", "gen": "builtins.x"}
SHARED = "class Desk:\n    shared: 'Desk | None' = None\n"


@pytest.mark.parametrize(
    ("source", "labels", "lines"),
    [
        # A number is the place in a list, or the key of a dictionary, whatever shows which.
        ("X = []\n", [".X", "[0]"], ["before = list(app.db.X)", "yield", "app.db.X[:] = before"]),
        ("X = {}\n", [".X", "[8080]"], ["yield", "app.db.X.pop(8080, None)"]),
        ("X = make()\n", [".X:list", "[0]"], ["before = list(app.db.X)", "yield", "app.db.X[:] = before"]),
        ("X = make()\n", [".X:dict", "[0]"], ["yield", "app.db.X.pop(0, None)"]),
        (
            "X = make()\n",
            [".X:deque", "[0]"],
            ["before = list(app.db.X)", "yield", "app.db.X.clear()", "app.db.X.extend(before)"],
        ),
        ("X = ()\n", [".X", "[0]"], ["before = app.db.X", "yield", "app.db.X = before"]),
        # A key that cannot be written stands for all of them.
        (
            "class X:\n    kept: dict = {}\n",
            [".X", ".kept", "[...]", ".wire"],
            ["before = dict(app.db.X.kept)", "yield", "app.db.X.kept.clear()", "app.db.X.kept.update(before)"],
        ),
        (
            "class X:\n    running = set()\n",
            [".X", ".running", "{...}"],
            ["before = set(app.db.X.running)", "yield", "app.db.X.running.clear()", "app.db.X.running.update(before)"],
        ),
        ("X = frozenset()\n", [".X", "{...}"], ["before = app.db.X", "yield", "app.db.X = before"]),
        ("X = make()\n", [".X", "<...>", ".__self__"], ["before = app.db.X", "yield", "app.db.X = before"]),
        # What hangs below is not there before a test.
        (
            SHARED,
            [".Desk", ".shared", "._source", "<...>"],
            ["before = app.db.Desk.shared", "yield", "app.db.Desk.shared = before"],
        ),
        ("X = {}\n", [".X", "['a']", ".wire"], ["yield", 'app.db.X.pop("a", None)']),
        ("X = make()\n", [".X", ".pool", "()", ".lock"], ["yield", "app.db.X.pool.cache_clear()"]),
    ],
)
def test_a_reset_fits_what_holds_it(tmp_path: Path, source: str, labels: list[str], lines: list[str]) -> None:
    """The content of a container is put back in place, and each line is one that the container understands."""
    files = tree(tmp_path, app_db=source)
    pairs = [label.partition(":") for label in labels]
    steps = [Step(label, TYPES.get(kind, "app.db.Thing"), False) for label, _, kind in pairs]
    if not any(kind for _, _, kind in pairs):
        steps = [Step("".join(labels), "asyncio.Lock", False)]  # of further holders no way is known
    holder = "app.db" + "".join(label for label, _, _ in pairs)
    because = why("asyncio.Lock", holder, labels[0][1:].partition(":")[0], *steps)
    after = sound(resets.candidates(ground(files, because)), files)["reset-singleton"].edits[0].after

    assert [line.strip() for line in after.partition('"""What a test')[2].splitlines()[1:]] == lines


def test_nothing_is_reset_inside_a_function(tmp_path: Path) -> None:
    """A variable that only a function knows cannot be reached."""
    files = tree(tmp_path, app_db="def get(): ...\n")
    because = why("asyncio.Lock", "app.db.get<closure>.lock", "get", Step(".get<closure>.lock", "x", False))
    assert list(resets.candidates(ground(files, because))) == []


def test_two_containers_are_put_back_by_names_of_their_own(tmp_path: Path) -> None:
    """Both are called alike; neither takes the other's variable."""
    files = tree(tmp_path, app_db="X = []\n", app_web="X = set()\n")
    because = why("asyncio.Lock", "app.db.X[0]", "X", Step(".X[0]", "x", False))
    other = Held("app.web.X{...}", "app/web.py", "X")
    because = replace(because, holders=(*because.holders, other))
    after = sound(resets.candidates(ground(files, because)), files)["reset-every-holder"].edits[0].after

    assert "    x_before = list(app.db.X)\n    x_before_2 = set(app.web.X)\n    yield\n" in after
    assert after.endswith("    app.db.X[:] = x_before\n    app.web.X.clear()\n    app.web.X.update(x_before_2)\n")
