"""What a polluter leaves changed: told by name, before and after; the rest of the process is left out."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

from bisect_loop.inside.state.values import text_of
from bisect_loop.model import Change, Condition, Trial
from bisect_loop.provenance.changes import changes, plain_reason
from bisect_loop.provenance.record import TraceRecord, read
from bisect_loop.provenance.source import Sources
from bisect_loop.redact import redact_trace
from bisect_loop.runner.fork import ForkRunner
from bisect_loop.runner.target import Slot, Slots, Target, without_outer_pytest
from bisect_loop.runner.workspace import Workspace

SETTINGS = """
import abc, collections, enum, functools, itertools, threading
import libone

class Settings:
    limits = {"a": 1, "b": 2}

    def __init__(self):
        self.debug = False
        self.timer = None

class Timer:
    def __init__(self):
        self.due = 3

class Proxy:
    @property
    def __class__(self):
        raise RuntimeError("a proxy was asked what it is")

    def __getattr__(self, name):
        raise RuntimeError("a proxy was looked into")

settings = Settings()
proxy = Proxy()
CACHE = {}
SEEN = []
LONG = ["a rather long entry %d" % n for n in range(9)]
INBOX = collections.deque()
ROUTES = {1: {"a": 1}}
HOOKS = []
IDS = itertools.count(1)
LOCAL = threading.local()
LAZY = libone.Lazy()

class Plan(enum.Enum):
    FREE = {"seats": 1}

class Base(abc.ABC):
    held = libone.Lazy()

    def add(self, items=[]):
        items.append(1)

    def __init__(self, items=[], n=1):
        items.append(1)

class Reloaded:
    pass

@functools.singledispatch
def shown(value):
    return ""
HANDLERS = {}
SORT_KEY = "by name"
CACHE_KEYS = []
SECRET_KEY = "not to be seen"
PASSWORDS = {1: 2}
KINDS = {1}
RATES = {"EUR": Settings(), "USD": Settings()}
"""
PRICE = """
from urllib.parse import urlsplit
from app.settings import CACHE, RATES, settings as config

def price(n):
    return CACHE.get(n, n * 2) * (-1 if config.debug else 1)
"""
LIBRARY = """
class Lazy:
    def __init__(self):
        self._new, self.impl, self._kept = True, None, {}

    def look(self):
        self._new, self.impl, self._made = False, Lazy(), True
"""
UNREACHED = "FLAG = False\n"
POLLUTERS = """
import builtins, logging, os, sys, tempfile, time
from unittest import mock
import app.settings, app.unreached

def test_settings():
    app.settings.settings.debug = True
    app.settings.Settings.limits["a"] = 5
    app.settings.SEEN.append(app.settings.settings)
    app.unreached.FLAG = True

def test_cache():
    import app.price
    app.settings.CACHE[3] = 7
    app.price.urlsplit("redis://a-library/remembers")

def test_process():
    os.environ["MODE"] = "fast"
    os.environ["API_TOKEN"] = "not to be seen"
    os.environ.pop("LANG_OF_TESTS", None)
    os.chdir("tests")
    sys.path.append("elsewhere")
    logging.getLogger("shop").setLevel(logging.ERROR)
    logging.getLogger("shop").disabled = True

def test_patch():
    time.sleep = mock.MagicMock()
    app.settings.Settings.limits = mock.sentinel.nothing

def test_file():
    with open("left.txt", "w") as file:
        file.write("behind")

def test_rebound():
    app.settings.RATES = app.settings.RATES.copy()

def test_rebound_where_it_is_imported():
    import app.price
    app.price.RATES = app.price.RATES.copy()

def test_containers():
    import app.price
    app.settings.LONG.append("one more")
    app.settings.INBOX.append(1)
    app.settings.ROUTES[1]["a"] = 2
    app.settings.KINDS = {1, 2}

def test_objects():
    import app.price
    app.settings.settings.timer = app.settings.Timer()
    app.settings.HOOKS.append(app.settings.Timer())
    app.settings.HANDLERS["csv"] = app.settings.Timer

def test_import():
    import app.price, app.late
    app.late.FLAG = True

def test_keys():
    import app.price
    app.settings.SORT_KEY = "by price"
    app.settings.CACHE_KEYS.append("a page")
    app.settings.SECRET_KEY = "nor this to be seen"
    app.settings.PASSWORDS[1] = 3

def test_loggers():
    import app.price
    for name in ["other", "app.price.slow", "app.price", "elsewhere.app.price", *("lib.n%d" % n for n in range(20))]:
        logging.getLogger(name).disabled = True
    logging.getLogger().addHandler(logging.NullHandler())

def test_kept():
    import app.price
    next(app.settings.IDS)
    app.settings.LOCAL.tenant = "acme"
    app.settings.Plan.FREE.value["seats"] = 2
    app.settings.Base()
    app.settings.Base.register(Elsewhere)
    app.settings.shown.register(complex)(shown_complex)
    app.settings.Reloaded = type("Reloaded", (), {"__module__": "app.settings"})
    builtins._ = 3

class Elsewhere:
    pass

def shown_complex(value):
    return "i"

def test_patched_class():
    import json, libone
    json.JSONEncoder.default = lambda self, value: None
    libone.Lazy.look = staticmethod(shown_complex)

def test_memo():
    import app.price
    app.settings.LAZY.look()
    app.settings.Base.held.look()
    app.settings.LAZY._kept["a"] = 1

def test_temporary():
    os.environ["PLACE"] = os.path.join(tempfile.gettempdir(), "left")
    sys.path.append(sys.path[0])

def test_nothing():
    assert sum(range(10)) == 45
"""
VICTIM = "from app.price import price\ndef test_victim():\n    assert price(3) == 6\n"


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("changes") / "suite"
    for name, text in {
        "app/__init__.py": "",
        "app/settings.py": SETTINGS,
        "app/price.py": PRICE,
        "app/unreached.py": UNREACHED,
        "app/late.py": "FLAG = False\ndef late(n=1):\n    return n\n",
        "tests/test_polluters.py": POLLUTERS,
        "tests/test_victim.py": VICTIM,
        "pytest.ini": "[pytest]\npythonpath = . .venv/site-packages\n",
        ".venv/site-packages/libone.py": LIBRARY,
    }.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_text(text)
    return path


@pytest.fixture(scope="module")
def records(root: Path) -> dict[str, TraceRecord]:
    """The record of each polluter before the victim, and the runs' outcomes with and without tracing compared."""
    target = Target(sys.executable, root, {**without_outer_pytest(os.environ), "LANG_OF_TESTS": "x"})
    names = (
        *("settings", "cache", "process", "patch", "file", "nothing", "containers"),
        *("rebound", "rebound_where_it_is_imported", "objects", "import", "keys", "loggers"),
        *("kept", "patched_class", "memo", "temporary"),
    )
    found = {}
    with Workspace() as workspace:
        runner = ForkRunner(target, workspace, Slots([Slot(0)]), Condition(args=("-p", "no:randomly")), 60.0)
        runner.start()
        for name in names:
            order = (f"tests/test_polluters.py::test_{name}", "tests/test_victim.py::test_victim")
            plain = runner.run(Trial(order, Condition()))
            (root / "left.txt").unlink(missing_ok=True)
            traced = runner.run(Trial(order, Condition(), traced=True))
            assert [o.result for o in traced.outcomes] == [o.result for o in plain.outcomes]
            found[name] = read(redact_trace(traced.trace))
        runner.close()
    return found


def told(name: str, records: dict[str, TraceRecord], root: Path) -> list[tuple[str, str, str]]:
    by = f"tests/test_polluters.py::test_{name}"
    found = changes(records[name], [by], Sources(root))
    assert {change.by for change in found} <= {by}
    return [(change.what, change.before, change.after) for change in found]


def test_values_that_the_victim_gets_to_come_first(records: dict[str, TraceRecord], root: Path) -> None:
    """A value is named as the module that defines it has it, and what the victim does not reach is left out."""
    shown = told("settings", records, root)
    assert ("app.settings.settings.debug", "False", "True") in shown
    assert ("app.settings.Settings.limits['a']", "1", "5") in shown
    assert not any("unreached" in what for what, _, _ in shown)
    assert told("cache", records, root) == [("app.settings.CACHE[3]", "", "7")]
    assert plain_reason(records["cache"], ["tests/test_polluters.py::test_cache"])


def test_the_process(records: dict[str, TraceRecord], root: Path) -> None:
    """Environment, working directory, sys.path and loggers are told of; a secret's value is not."""
    shown = {what: (before, after) for what, before, after in told("process", records, root)}
    assert shown["os.environ['MODE']"] == ("", "'fast'")
    assert shown["os.environ['API_TOKEN']"] == ("", "***")
    assert shown["os.environ['LANG_OF_TESTS']"] == ("'x'", "")
    assert shown["the working directory"][1].endswith("tests'")
    assert "elsewhere" in shown["sys.path"][1]
    assert shown["logging.getLogger('shop').disabled"][1] == "True"
    assert "not to be seen" not in json.dumps(list(records["process"].changes))


def test_patches_left_behind_and_files(records: dict[str, TraceRecord], root: Path) -> None:
    """A mock left in a library's module, and a file left in the tree."""
    assert ("time.sleep", "time.sleep", "a MagicMock") in told("patch", records, root)
    assert told("file", records, root)[0] == ("left.txt", "", "6 bytes")


@pytest.mark.parametrize(
    ("name", "new", "kept"),
    [
        ("rebound", "app.settings.RATES", "app.price.RATES"),
        ("rebound_where_it_is_imported", "app.price.RATES", "app.settings.RATES"),
    ],
)
def test_one_of_two_names_is_bound_anew(
    records: dict[str, TraceRecord], root: Path, name: str, new: str, kept: str
) -> None:
    """Modules that imported an object by name keep the old one: that is told, and not what hangs below it."""
    assert told(name, records, root) == [(new, f"the same object as {kept}", "another one: dict of 2")]


@pytest.mark.parametrize(
    ("value", "text"),
    [({2, 1}, "{1, 2}"), (set(), "set()"), (frozenset({1}), "frozenset({1})"), (frozenset(), "frozenset()")],
)
def test_what_cannot_be_changed_in_place_looks_so(value: object, text: str) -> None:
    """A mend puts the items back into a set, and assigns a frozenset: the text says which it is."""
    assert text_of(value) == text


def test_containers(records: dict[str, TraceRecord], root: Path) -> None:
    """Which kind of container changed, and whether it is still the same one, does not have to be read from a text."""
    by = "tests/test_polluters.py::test_containers"
    found = {one.what: (one.container, one.same) for one in changes(records["containers"], [by], Sources(root))}
    assert found["app.settings.LONG"] == ("list", True)
    assert found["app.settings.INBOX[0]"] == ("deque", True)
    assert found["app.settings.ROUTES[1]"] == ("dict", True)
    assert found["app.settings.KINDS"] == ("set", False)


def test_an_object_is_told_of_and_not_what_is_in_it(records: dict[str, TraceRecord], root: Path) -> None:
    """Once each: a dict by its items, a list as a whole, and an object that came without its attributes."""
    assert sorted(told("objects", records, root)) == [
        ("app.settings.HANDLERS['csv']", "", "app.settings.Timer"),
        ("app.settings.HOOKS", "[]", "list of 1"),
        ("app.settings.settings.timer", "None", "a Timer"),
    ]


def test_what_a_module_defines_is_no_change(records: dict[str, TraceRecord]) -> None:
    """A test that is the first to import a module left what it set there, not the module's functions."""
    event = next(event for event in records["import"].changes)
    assert [one["what"] for one in event["changes"] if one["kind"] == "own"] == ["app.late.FLAG"]


def test_only_secrets_are_hidden(records: dict[str, TraceRecord], root: Path) -> None:
    """A name that ends in KEY may be any, and a number or an empty list is nothing to hide."""
    assert sorted(told("keys", records, root)) == [
        ("app.settings.CACHE_KEYS", "[]", "['a page']"),
        ("app.settings.PASSWORDS[1]", "2", "3"),
        ("app.settings.SECRET_KEY", "'***'", "'***'"),
        ("app.settings.SORT_KEY", "'by name'", "'by price'"),
    ]
    assert "to be seen" not in json.dumps(list(records["keys"].changes))


def test_all_loggers_and_the_nearest_first(records: dict[str, TraceRecord], root: Path) -> None:
    """None is cut off; those with the name of a module that the victim gets to come before the others."""
    found = told("loggers", records, root)
    assert [what for what, _, _ in found[:4]] == [
        "logging.getLogger().handlers",
        "logging.getLogger('app.price').disabled",
        "logging.getLogger('app.price.slow').disabled",
        "logging.getLogger('other').disabled",
    ]
    assert found[0] == ("logging.getLogger().handlers", "[]", "['NullHandler']")
    assert len(found) == 25
    assert {(before, after) for _, before, after in found[1:]} == {("False", "True")}


def test_what_is_kept_where_no_attribute_leads(records: dict[str, TraceRecord], root: Path) -> None:
    """Counters, threads' own values, members, virtual subclasses, overloads, defaults, and the builtins."""
    assert sorted(told("kept", records, root)) == [
        ("app.settings.Base.__init__.__defaults__[0]", "[]", "[1]"),
        ("app.settings.Base.register()", "[]", "['test_polluters.Elsewhere']"),
        ("app.settings.IDS", "count(1)", "count(2)"),
        ("app.settings.LOCAL.tenant", "", "'acme'"),
        ("app.settings.Plan.FREE.value['seats']", "1", "2"),
        ("app.settings.Reloaded", "app.settings.Reloaded", "another class of that name"),
        ("app.settings.shown.registry[builtins.complex]", "", "test_polluters.shown_complex"),
        ("builtins._", "", "3"),
    ]


def test_a_patch_in_a_class_of_a_library(records: dict[str, TraceRecord], root: Path) -> None:
    """Only what the user's code put there is looked at: what the library had there is not known."""
    assert sorted(told("patched_class", records, root)) == [
        (
            "json.encoder.JSONEncoder.default",
            "as the library has it",
            "test_polluters.test_patched_class.<locals>.<lambda>",
        ),
        ("libone.Lazy.look", "as the library has it", "test_polluters.shown_complex"),
    ]


def test_what_a_library_remembers_is_no_news(records: dict[str, TraceRecord], root: Path) -> None:
    """What came into its objects, and flags in what it keeps in classes; what they hold for the user is told."""
    assert sorted(told("memo", records, root)) == [
        ("app.settings.LAZY._kept['a']", "", "1"),
        ("app.settings.LAZY._new", "True", "False"),
    ]


def test_the_folder_of_a_run_and_what_is_there_twice(records: dict[str, TraceRecord], root: Path) -> None:
    """A folder that is gone afterwards tells nothing, and an entry that was added again is told of."""
    shown = {what: after for what, _, after in told("temporary", records, root)}
    assert shown["os.environ['PLACE']"] == "'<tmp>/left'"
    assert "entries: + '" in shown["sys.path"]


def test_nothing_changed(records: dict[str, TraceRecord], root: Path) -> None:
    """A test that changes nothing is told of nothing."""
    assert told("nothing", records, root) == []


def test_nobody_else_is_named(records: dict[str, TraceRecord], root: Path) -> None:
    """What a test that is not accused changed is not told."""
    assert changes(records["cache"], ["tests/test_polluters.py::test_other"], Sources(root)) == ()
    assert Change("a", "b", "c", "d").by == "d"
