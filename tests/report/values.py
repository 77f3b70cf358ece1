"""Reports for the tests of the renderers: one of each kind of finding, made by hand."""

from __future__ import annotations

from dataclasses import replace

from bisect_loop.model import (
    Cause,
    Change,
    Confirmation,
    Cost,
    Finding,
    Fix,
    Lane,
    Needs,
    OrderTried,
    Replay,
    RunReport,
    Service,
    Signature,
    Suite,
    Worker,
)

VICTIM = "tests/orchestrator/test_exec.py::test_needs_decision"
POLLUTER = "tests/glue/test_app.py::test_create_app"
ERROR = Signature("AssertionError", "tests/orchestrator/test_exec.py:41", "'system_error' == 'needs_decision'", "call")
THREE = Confirmation(minimal_failed=(3, 3), victim_alone_passed=(3, 3))

VICTIM_OF_ONE = Finding(
    kind="victim",
    victim=VICTIM,
    signature=ERROR,
    minimal_order=(POLLUTER, VICTIM),
    polluters=(POLLUTER,),
    confirmed=True,
    confirmation=THREE,
    confidence=0.99,
    replay=Replay(f"pytest -p no:randomly {POLLUTER} {VICTIM}", True),
    seen_in=("shuffle:1", "xdist:2"),
)

EXPLAINED = replace(
    VICTIM_OF_ONE,
    needs=Needs(env=("REDIS_URL",), services=("redis",)),
    cause=Cause(
        resource="redis.asyncio client",
        holder="backend.live_events._BUS",
        bound_at="backend/api/main.py:42",
        bound_by=POLLUTER,
        loop_made_by=POLLUTER,
        loop_closed_after=POLLUTER,
        used_at="backend/live_events.py:17",
        confidence="proved",
        function="create_app",
        also_held_by=("backend.audit.EMITTER.bus",),
        gates=("REDIS_URL",),
    ),
    fixes=(
        Fix(
            "guard",
            "backend/api/main.py:41",
            "--- a/backend/api/main.py\n+++ b/backend/api/main.py\n@@ -41 +41 @@\n-if url:\n+if False:\n",
            (3, 3),
            title="guard the wire-up at backend/api/main.py:41 with PYTEST_CURRENT_TEST",
            cost="the tests no longer exercise Redis",
            note="backend/worker.py:7 stays unguarded: one unguarded site is enough to poison again",
            runs=(("in order", 3, 3), ("reversed", 1, 1)),
        ),
        Fix("reset-singleton", "tests/conftest.py:12", "", (0, 1), note="the victim fails as before"),
        Fix("close the client in an async fixture", "tests/conftest.py:9"),
    ),
    cleaners=("tests/glue/test_app.py::test_reset",),
)

VICTIM_OF_TWO = replace(
    VICTIM_OF_ONE,
    changes=(
        Change("app.settings.DEBUG", "False", "True", "tests/test_a.py::test_sets_flag"),
        Change("os.environ['TZ']", "", "'Asia/Tokyo'", "tests/test_b.py::test_reads_flag"),
        *(Change(f"app.cache.CACHE[{n}]", str(n), "", "tests/test_b.py::test_reads_flag") for n in range(5)),
    ),
    minimal_order=("tests/test_a.py::test_sets_flag", "tests/test_b.py::test_reads_flag", VICTIM),
    polluters=("tests/test_a.py::test_sets_flag", "tests/test_b.py::test_reads_flag"),
    other_polluting_sets=(
        ("tests/test_c.py::test_one",),
        ("tests/test_c.py::test_two", "tests/test_c.py::test_three"),
        *((f"tests/test_d.py::test_{number}",) for number in range(6)),
    ),
    incidental=("tests/test_b.py::test_reads_flag",),
    cleaners=tuple(f"tests/test_e.py::test_{number}" for number in range(3)),
    replay=Replay(
        f"pytest -p no:randomly tests/test_a.py::test_sets_flag tests/test_b.py::test_reads_flag {VICTIM}", True
    ),
)

MANY = tuple(f"tests/test_many.py::test_step[{number}]" for number in range(4))
VICTIM_OF_MANY = replace(
    VICTIM_OF_ONE,
    minimal_order=(*MANY, VICTIM),
    polluters=MANY,
    failure_rate=0.35,
    replay=Replay("pytest @order", True),
)

BRITTLE = Finding(
    kind="brittle",
    victim="tests/test_view.py::test_shows_user",
    signature=Signature("LookupError", "tests/test_view.py:8", "no user yet", "setup"),
    minimal_order=("tests/test_login.py::test_logs_in", "tests/test_view.py::test_shows_user"),
    setters=("tests/test_login.py::test_logs_in",),
    confirmed=True,
    confirmation=Confirmation(minimal_failed=(0, 3), victim_alone_passed=(0, 3)),
    replay=Replay("pytest tests/test_view.py::test_shows_user", True),
    seen_in=("reverse",),
)

IMPORT_TIME = Finding(
    kind="import-time",
    victim="tests/test_locale.py::test_sorts",
    signature=Signature("AssertionError", "tests/test_locale.py:5", "['b', 'a'] == ['a', 'b']", "call"),
    minimal_order=("tests/test_locale.py::test_sorts",),
    import_polluters=("tests/test_german.py",),
    confirmed=True,
    confirmation=THREE,
    replay=Replay(
        "pytest tests/test_german.py --deselect tests/test_german.py:: tests/test_locale.py::test_sorts", True
    ),
)

ALWAYS_FAILS = Finding(
    kind="always-fails",
    victim="tests/test_sums.py::test_adds",
    signature=Signature("AssertionError", "tests/test_sums.py:3", "assert 1 + 1 == 3", "call"),
    minimal_order=("tests/test_sums.py::test_adds",),
)

NONDETERMINISTIC = Finding(
    kind="nondeterministic",
    victim="tests/test_clock.py::test_is_fast",
    signature=Signature("TimeoutError", "tests/test_clock.py:12", "", "call"),
    minimal_order=("tests/test_clock.py::test_is_fast",),
    failure_rate=0.3,
    note="alone it fails in 3 of 10 runs, in order in 2 of 4",
)

SUSPECTED = replace(
    VICTIM_OF_ONE,
    confirmed=False,
    confirmation=Confirmation((0, 1), (0, 0)),
    replay=Replay("", True),
    note="plain pytest in a fresh process does not show it",
)

UNCHECKED = replace(SUSPECTED, confirmation=Confirmation(), note="", polluters=(), minimal_order=(VICTIM,))

NOT_REPRODUCED = Finding(
    kind="victim",
    victim=VICTIM,
    signature=Signature("unknown", "", "it did not fail here", "call"),
    minimal_order=(POLLUTER, VICTIM),
    note="it passed in all 4 runs of this order",
)

CROSS_PROCESS = replace(
    VICTIM_OF_ONE,
    kind="cross-process",
    polluters=(),
    minimal_order=(VICTIM,),
    needs=Needs(workers=2),
    replay=Replay("pytest -n 2 tests", True),
)
CROSS_PROCESS_PAIR = replace(
    CROSS_PROCESS,
    polluters=(POLLUTER,),
    minimal_order=(POLLUTER, VICTIM),
    lanes=(Lane(Worker("gw0", 2), (POLLUTER,)), Lane(Worker("gw1", 2), (VICTIM,))),
    failure_rate=0.5,
    confidence=0.993,
    seen_in=("xdist:2/gw1",),
    replay=Replay(f"pytest -n 2 --dist load {POLLUTER} {VICTIM}", True),
)
CROSS_PROCESS_MANY = replace(
    CROSS_PROCESS,
    lanes=(
        Lane(Worker("gw0", 2), (POLLUTER, *(f"tests/test_e.py::test_{number}" for number in range(8)))),
        Lane(Worker("gw1", 2), (VICTIM,)),
    ),
)
AS_WORKER = replace(VICTIM_OF_ONE, needs=Needs(workers=2), worker=Worker("gw1", 2), seen_in=("xdist:2/gw1",))
ALWAYS_AS_WORKER = replace(ALWAYS_FAILS, needs=Needs(workers=2), worker=Worker("gw1", 2), seen_in=("xdist:2/gw1",))

SUITE = Suite(
    root="/home/me/project",
    nodeids=tuple(f"tests/test_x.py::test_{number}" for number in range(412)),
    python="3.11.7",
    pytest="9.2.0",
    plugins=("xdist", "randomly", "asyncio"),
)


def report(*findings: Finding, **changes: object) -> RunReport:
    failed = tuple(dict.fromkeys(finding.victim for finding in findings))
    plain = RunReport(
        suite=SUITE,
        env=(),
        services=(),
        coverage=False,
        workers=1,
        sources=(),
        orders_tried=(
            OrderTried("default", None, ()),
            OrderTried("reverse", None, failed),
            OrderTried("shuffle:1", 1, failed),
        ),
        findings=findings,
        cost=Cost(trials_fork=19, trials_fresh=9, tests_executed=2_431, seconds=14.23),
        stopped_because="done",
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


CONDITIONS: dict[str, object] = {
    "env": (
        ("REDIS_URL", "redis://:hunter2@127.0.0.1:41173/0"),
        ("DATABASE_URL", "postgresql://ci:pw@127.0.0.1/x"),
    ),
    "services": (
        Service("redis", "docker", "redis:7-alpine", "7.2", "redis://:hunter2@127.0.0.1:41173/0"),
        Service("postgres", "embedded", None, "16"),
    ),
    "coverage": True,
    "workers": 2,
    "sources": ('.github/workflows/ci.yml:14, job "test"',),
}

GROUP = (
    VICTIM_OF_ONE,
    *(replace(VICTIM_OF_ONE, victim=f"tests/orchestrator/test_exec.py::test_{number}") for number in range(24)),
)

LONG = "tests/integration/very/deeply/nested/test_of_the_whole_thing.py::TestEverything::test_it[" + "x" * 60 + "-a b]"
EVIL = "tests/test_\x1b[31m.py::test[`a|<b>&\n\u202e\ud800*]]>"
EVIL_FINDING = replace(
    VICTIM_OF_ONE,
    victim=EVIL,
    minimal_order=(LONG, EVIL),
    polluters=(LONG,),
    signature=Signature("ValueError", "tests/test_a.py:1", "\x1b]0;title\x07 <script>alert(1)</script> `x` |", "call"),
    replay=Replay(f"pytest '{LONG}' 'tests/test_\x1b[31m.py::test[`a|<b>&\n\u202e\ud800*]]>'", True),
    note="odd \x00 note",
)

REPORTS: dict[str, RunReport] = {
    "nothing": report(),
    "victim": report(VICTIM_OF_ONE),
    "victim_explained": report(EXPLAINED, **CONDITIONS),
    "victim_of_two": report(VICTIM_OF_TWO),
    "victim_of_many": report(VICTIM_OF_MANY),
    "victim_and_import": report(replace(VICTIM_OF_ONE, import_polluters=("tests/test_german.py",))),
    "brittle": report(BRITTLE),
    "import_time": report(IMPORT_TIME),
    "always_fails": report(ALWAYS_FAILS),
    "nondeterministic": report(NONDETERMINISTIC),
    "suspected": report(SUSPECTED),
    "not_reproduced": report(NOT_REPRODUCED, orders_tried=(OrderTried("file", None, ()),)),
    "cross_process": report(CROSS_PROCESS),
    "workers": report(ALWAYS_AS_WORKER, CROSS_PROCESS_PAIR, CROSS_PROCESS_MANY, AS_WORKER),
    "group": report(*GROUP),
    "all_kinds": report(NONDETERMINISTIC, ALWAYS_FAILS, SUSPECTED, BRITTLE, EXPLAINED, IMPORT_TIME),
    "evil": report(EVIL_FINDING),
    "budget": report(VICTIM_OF_ONE, stopped_because="budget"),
    "interrupted": report(UNCHECKED, stopped_because="interrupted"),
    "interrupted_early": report(
        orders_tried=(OrderTried("default", None, (), "timeout"),),
        stopped_because="interrupted",
        notes=("every trial runs in a fresh process: 2 threads are alive after collection",),
    ),
}
