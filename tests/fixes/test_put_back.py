"""The lines that put one thing back are run: what was changed is as it was, and nobody else's object is written to."""

from __future__ import annotations

import decimal
import gc
import logging
import random
import signal
import socket
import sys
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Callable
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from bisect_loop.fixes import restore
from bisect_loop.fixes.ground import Files, Ground
from bisect_loop.fixes.put_back import EVERY_LOGGER, Part, of_module, of_name, of_process
from bisect_loop.model import Change, Finding, Signature

BY = "tests/test_x.py::test_p"


def run_around(part: Part, there: dict[str, Any], change: Callable[[], object]) -> None:
    """Run the lines of a part around a change, as a fixture does around a test."""
    if part.imports:
        there[part.imports.partition(".")[0]] = __import__(part.imports)
    for lines, then in ((part.setup, change), (part.teardown, lambda: None)):
        exec("\n".join(lines).replace("{app}", "app"), there)
        then()


@pytest.mark.parametrize(
    ("value", "change", "told"),
    [
        ([1], lambda x: x.append(2), Change("", "7 entries", "8 entries: + 2", BY, "list", True)),
        ([1], lambda x: x.append(2), Change("", "[1]", "[1, 2]", BY)),
        ([[1]], lambda x: x[0].append(2), Change("", "[[1]]", "[[1, 2]]", BY, "list", True)),
        ({"a": 1}, lambda x: x.update(b=2), Change("['b']", "", "2", BY)),
        ({"a": {"b": 1}}, lambda x: x["a"].update(b=2), Change("['a']", "{'b': 1}", "{'b': 2}", BY, "dict", True)),
        ({"a": {"b": [1]}}, lambda x: x["a"]["b"].clear(), Change("['a']['b']", "[1]", "[]", BY, "dict", True)),
        ({1: "a"}, lambda x: x.pop(1), Change("[1]", "'a'", "", BY, "dict", True)),
        ([len], lambda x: x.append(max), Change("[1]", "", "builtins.max", BY, "list", True)),
        ([len], lambda x: x.append(max), Change("[1]", "", "builtins.max", BY)),
        ({1}, lambda x: x.add(2), Change("", "{1}", "{1, 2}", BY, "set", True)),
        (deque([1], maxlen=3), lambda x: x.append(2), Change("[1]", "", "2", BY, "deque", True)),
        (Counter("a"), lambda x: x.update("b"), Change("['b']", "", "1", BY, "Counter", True)),
        (OrderedDict(a=1), lambda x: x.clear(), Change("['a']", "1", "", BY, "OrderedDict", True)),
        (defaultdict(list, a=[1]), lambda x: x["b"], Change("['b']", "", "[]", BY, "defaultdict", True)),
    ],
)
def test_a_container_that_was_changed_in_place_is_as_before_and_the_same(
    value: Any, change: Callable[[Any], object], told: Change
) -> None:
    app = SimpleNamespace(kept=value)
    before = repr(value)
    part = of_name(f"kept{told.what}", told, "before_1", "app")
    assert part is not None
    run_around(part, {"app": app}, lambda: change(value))

    assert repr(app.kept) == before
    assert app.kept is value


def test_what_was_bound_anew_is_assigned_and_what_it_was_bound_to_left_alone() -> None:
    """Were the content of the new object set back, a constant of the tests would be what is wrong next."""
    theirs, ours = {"small": 990}, {"small": 490}
    app = SimpleNamespace(rules=ours)
    part = of_name("rules['small']", Change("", "490", "990", BY, "dict", False), "before_1", "app")
    assert part is not None
    run_around(part, {"app": app}, lambda: setattr(app, "rules", theirs))

    assert app.rules is ours
    assert theirs == {"small": 990}


@pytest.mark.parametrize(
    "told",
    [Change("", "([],)", "([1],)", BY), Change("[0]", "[]", "[1]", BY, "list", True), Change("[0]", "", "1", BY)],
)
def test_a_default_that_a_call_changed_is_copied_with_what_it_holds(told: Change) -> None:
    def emit(seen: list[int] = []) -> None:  # noqa: B006
        seen.append(1)

    app = SimpleNamespace(emit=emit)
    part = of_name(f"emit.__defaults__{told.what}", told, "before_1", "app")
    assert part is not None
    run_around(part, {"app": app}, emit)

    assert emit.__defaults__ == ([],)


def _signalled() -> Callable[[], object]:
    return lambda: signal.signal(signal.SIGUSR1, lambda *_: None)


@pytest.mark.parametrize(
    ("what", "read", "change"),
    [
        ("sys.excepthook", lambda: sys.excepthook, lambda: setattr(sys, "excepthook", print)),
        ("sys.getrecursionlimit()", sys.getrecursionlimit, lambda: sys.setrecursionlimit(4321)),
        ("socket.getdefaulttimeout()", socket.getdefaulttimeout, lambda: socket.setdefaulttimeout(3)),
        ("gc.isenabled()", gc.isenabled, gc.disable),
        ("decimal.getcontext()", lambda: decimal.getcontext().prec, lambda: setattr(decimal.getcontext(), "prec", 3)),
        ("the handler of SIGUSR1", lambda: signal.getsignal(signal.SIGUSR1), _signalled()),
        ("the state of random", random.getstate, random.random),
        (
            "logging.getLogger('put.back').handlers",
            lambda: list(logging.getLogger("put.back").handlers),
            lambda: logging.getLogger("put.back").addHandler(logging.NullHandler()),
        ),
    ],
)
def test_what_the_interpreter_keeps_is_put_back(
    what: str, read: Callable[[], object], change: Callable[[], object]
) -> None:
    before = read()
    part = of_process(what, "before_1")
    assert part is not None
    run_around(part, {}, change)

    assert read() == before


def test_loggers_that_a_configuration_disabled_are_enabled_again() -> None:
    """Those that were disabled before stay so, and a name that no logger has yet is none."""
    for name in ("put.back.on.deep", "put.back.off"):
        logging.getLogger(name).disabled = name.endswith("off")
    part = of_process(EVERY_LOGGER, "before_1")
    assert part is not None
    run_around(part, {}, lambda: setattr(logging.getLogger("put.back.on.deep"), "disabled", True))

    assert not logging.getLogger("put.back.on.deep").disabled
    assert logging.getLogger("put.back.off").disabled


def test_a_module_that_another_replaced_comes_back_and_a_new_one_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = ModuleType("put_back_module")
    monkeypatch.setitem(sys.modules, "put_back_module", kept)
    part = of_module(Change("sys.modules['put_back_module']", "a module", "a MagicMock", BY), "before_1")
    assert part is not None
    run_around(part, {}, lambda: sys.modules.update(put_back_module=ModuleType("other")))

    assert sys.modules["put_back_module"] is kept
    assert of_module(Change("sys.modules['put_back_module']", "", "a module", BY), "before_1") is None


def candidates(tmp_path: Path, test_file: str, *changes: Change) -> dict[str, str]:
    """The title of each candidate, and the text of the file that it writes."""
    for path, text in {"app/__init__.py": "", "app/conf.py": "", "tests/test_x.py": test_file}.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(text)
    order = (BY, "tests/test_y.py::test_v")
    finding = Finding("victim", order[1], Signature("E", "", "", "call"), order, polluters=order[:1], changes=changes)
    found = restore.candidates(Ground(finding, None, Files(tmp_path)))
    return {one.title: one.edits[0].after for one in found}


def test_what_is_set_up_for_a_class_or_a_module_is_put_back_after_that(tmp_path: Path) -> None:
    """A fixture of a test begins too late: what it would put back is what the class has changed already."""
    change = Change("app.conf.DEBUG", "False", "True", BY)
    text = "import pytest\n\n\nclass TestX:\n    def setup_class(cls): ...\n"
    each, wider = candidates(tmp_path, text, change).items()
    module = candidates(tmp_path, 'import pytest\n\n\n@pytest.fixture(scope="module")\ndef x(): ...\n', change)

    assert each[0].endswith("after each test, in tests/conftest.py")
    assert wider[0].endswith("after each class, in tests/conftest.py")
    assert '@pytest.fixture(scope="class", autouse=True)\n' in wider[1]
    assert [title.split(", in")[0] for title in module] == [
        "put back app.conf.DEBUG after each test",
        "put back app.conf.DEBUG after each module",
    ]
    assert len(candidates(tmp_path, "", change)) == 1


def test_a_container_is_put_back_once_and_whole_where_one_of_its_changes_needs_that(tmp_path: Path) -> None:
    changes = (
        Change("app.conf.LIMITS['a']", "1", "2", BY, "dict", True),
        Change("app.conf.LIMITS['b']", "{'c': 1}", "{'c': 2}", BY, "dict", True),
        Change("app.conf.DEBUG", "False", "True", BY),
    )
    ((title, text),) = candidates(tmp_path, "", *changes).items()

    assert title.startswith("put back app.conf.LIMITS, app.conf.DEBUG after")
    assert "    before_1 = copy.deepcopy(app.conf.LIMITS)\n    before_2 = app.conf.DEBUG\n" in text
    assert text.count("LIMITS.clear()") == 1


def test_of_many_loggers_none_is_cut_off(tmp_path: Path) -> None:
    names = [f"logging.getLogger('app.{letter}').disabled" for letter in "abcdefg"]
    changes = [Change(name, "False", "True", BY) for name in names]
    level = Change("logging.getLogger('app.a').level", "'NOTSET'", "'INFO'", BY)
    ((title, text),) = candidates(tmp_path, "", *changes, level).items()
    ((few, _),) = candidates(tmp_path, "", *changes[:2]).items()

    assert title.startswith(f"put back {EVERY_LOGGER}, {level.what} after each test")
    assert "    for logger in before_1:\n        logger.disabled = False\n" in text
    assert few.startswith(f"put back {names[0]}, {names[1]} after")


def test_patches_that_were_left_are_stopped(tmp_path: Path) -> None:
    found = candidates(tmp_path, "", Change("pathlib.Path.exists", "pathlib.Path.exists", "a MagicMock", BY))
    (text,) = (text for title, text in found.items() if title.startswith("stop after each test the patches"))

    assert "from unittest.mock import patch\n" in text
    assert text.endswith("    yield\n    patch.stopall()\n")
