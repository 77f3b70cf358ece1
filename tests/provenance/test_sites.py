"""Which line is the wire-up: where what is held was made, not where its holder was."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from bisect_loop.model import Cause, Signature
from bisect_loop.provenance.explain import explain
from bisect_loop.provenance.record import read
from bisect_loop.provenance.source import Sources

POLLUTER = "tests/test_a.py::test_a"
CLOSED = Signature("RuntimeError", "app.py:9", "Event loop is closed", "call")


def happened(*stack: str, test: str = POLLUTER, loop: int = 1) -> dict[str, Any]:
    lines = [[at, "f"] for at in stack]
    return {"test": test, "phase": "call", "fixture": "", "stack": lines, "loop": loop}


def seen_loop(*binds: dict[str, Any], number: int = 1) -> dict[str, Any]:
    when = happened(loop=number)
    return {"number": number, "kind": "asyncio.X", "born": when, "died": when, "pending": [], "binds": list(binds)}


def step(label: str, kind: str, *, own: bool = False, **more: Any) -> dict[str, Any]:
    return {"label": label, "type": kind, "own": own, **more}


def way(holder: str, name: str, head: int, *steps: dict[str, Any], **more: Any) -> dict[str, Any]:
    module = step("app", "builtins.module", own=True)
    return {
        "steps": [module, *steps],
        "head": head,
        "holders": [{"holder": holder, "file": "app.py", "name": name}],
        **more,
    }


def cause(root: Path, source: str, census: dict[str, Any], *, signature: Signature = CLOSED, **touch: Any) -> Cause:
    """What is said of one way to a loop that is closed, with `touch` as what the victim touched."""
    (root / "app.py").write_text(dedent(source).lstrip())
    told: dict[str, Any] = {"what": "census", "held": [], "stuck": [], "cut": False, **census}
    lines = [json.dumps(told)]
    if touch:
        known = {"how": "closed", "loop": None, "phase": "call", "fixture": "", "stack": [], "libraries": []}
        lines.append(json.dumps({"what": "touch", **known, **touch}))
    found = explain(read(lines), [POLLUTER], signature, Sources(root))
    assert found is not None
    return found.cause()


@pytest.mark.parametrize(
    ("source", "line"),
    [
        ("KEPT: dict[str, object] = {}\n\ndef f(key):\n    KEPT[key] = future()\n", "app.py:4"),
        ("KEPT = []\n\nclass F:\n    def f(self):\n        KEPT.append(future())\n", "app.py:5"),
        ("KEPT = defaultdict(list)\n\ndef f(key):\n    return KEPT.setdefault(key, future())\n", "app.py:4"),
        ("KEPT = dict[str, int]()\n\ndef f(key):\n    KEPT[key] = found = future()\n", "app.py:4"),
        ("KEPT = {}\n\ndef f(KEPT):\n    KEPT[1] = future()\n", ""),
        ("KEPT = {'a': future()}\n\ndef f():\n    KEPT['b'] = 1\n", "app.py:1"),
    ],
    ids=["item", "append", "setdefault", "chained", "another's", "not empty"],
)
def test_an_element_was_put_in(tmp_path: Path, source: str, line: str) -> None:
    """Where an empty container is made, nothing of a loop is."""
    steps = (step(".KEPT", "builtins.dict"), step("['a']", "_asyncio.Future"), step("._loop", "asyncio.X"))
    held = [{"loop": seen_loop(), "ways": [way("app.KEPT['a']", "KEPT", 2, *steps)]}]
    assert cause(tmp_path, source, {"held": held}).bound_at == line


@pytest.mark.parametrize("kind", ["asyncio.streams.StreamWriter", "asyncio.subprocess.Process"])
def test_a_stream_is_made_where_it_is_bound(tmp_path: Path, kind: str) -> None:
    """Whatever line gave the global that holds it its value."""
    source = "class Kept:\n    async def open(self): ...\n\nKEPT = Kept()\n"
    steps = (step(".KEPT", "app.Kept", own=True), step(".opened", kind), step("._loop", "asyncio.X"))
    held = [{"loop": seen_loop(happened("app.py:2")), "ways": [way("app.KEPT", "KEPT", 2, *steps)]}]
    found = cause(tmp_path, source, {"held": held})
    assert (found.bound_at, found.function) == ("app.py:2", "f")
    steps = (steps[0], step(".opened", "redis.Client"), steps[2])
    held = [{"loop": seen_loop(happened("app.py:2")), "ways": [way("app.KEPT", "KEPT", 2, *steps)]}]
    assert cause(tmp_path, source, {"held": held}).bound_at == "app.py:4"


def test_a_loop_is_kept_by_the_line_that_stores_it(tmp_path: Path) -> None:
    """In the class of what holds it, which may lie in another module than the name of the holder."""
    (tmp_path / "pool.py").write_text(
        "class Pool:\n    loop = None\n\n    def __init__(self):\n        self.loop = None\n        self.loop = get()\n"
    )
    steps = (step(".POOL", "pool.Pool", own=True), step(".loop", "asyncio.EventLoop"))
    held = [{"loop": seen_loop(), "ways": [way("app.POOL", "POOL", 2, *steps)]}]
    found = cause(tmp_path, "from pool import Pool\n\nPOOL = None\n", {"held": held})
    assert (found.resource, found.bound_at, found.function) == ("event loop", "pool.py:6", "Pool.__init__")
    assert found.used_at == CLOSED.where


LOCK = (step(".LOCK", "asyncio.locks.Lock", bound=happened(test="tests/test_c.py::test_c", loop=2)),)
TAKEN = happened("app.py:5")


def test_who_took_a_lock_did_not_bind_it(tmp_path: Path) -> None:
    """Who kept it is to blame for a wait in vain; for an error of two loops, whose loop it is bound to."""
    held = [{"loop": seen_loop(), "ways": [way("app.LOCK", "LOCK", 1, *LOCK, step("._loop", "asyncio.X"))]}]
    census = {"held": held, "stuck": [way("app.LOCK", "LOCK", 1, *LOCK, taken=TAKEN)]}
    kept = {"how": "held", "taken": TAKEN, "stack": [["app.py:9", "f"]]}
    waits = replace(CLOSED, type="AssertionError", message="")
    found = cause(tmp_path, "LOCK = Lock()\n", census, signature=waits, **kept)
    assert (found.taken_by, found.taken_at, found.used_at, found.at_import) == (POLLUTER, "app.py:5", "app.py:9", True)
    (tmp_path / "app.py").write_text("LOCK = Lock()\n")
    touches = [
        {"what": "touch", "loop": None, "phase": "call", "fixture": "", "libraries": [], **kept},
        {"what": "touch", "how": "closed", "loop": seen_loop(), "phase": "call", "fixture": "", "libraries": []},
    ]
    lines = [{"what": "census", "cut": False, **census}, touches[0], {**touches[1], "stack": [["app.py:9", "f"]]}]
    told = explain(read(map(json.dumps, lines)), [POLLUTER], CLOSED, Sources(tmp_path))
    assert told is not None
    assert (told.cause().taken_by, told.cause().loop_made_by) == ("", POLLUTER)
