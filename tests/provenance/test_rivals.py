"""A plain value that an earlier test changed is a reason besides a touch that somebody swallowed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bisect_loop.fixes.mending import decided
from bisect_loop.model import Change, Finding, Fix, Signature
from bisect_loop.provenance.explain import explain
from bisect_loop.provenance.record import read
from bisect_loop.provenance.rivals import contested
from bisect_loop.provenance.source import Sources
from tests.provenance.test_evidence import touch

POLLUTER, VICTIM = "tests/test_a.py::test_a", "tests/test_b.py::test_b"
WRONG = Signature("AssertionError", "tests/test_b.py:3", "assert 10.5 == 12.0", "call")
RATE = ("shop.cart.VAT['rate']", "0.2", "0.05")


def changed(what: str, before: str, after: str, **more: Any) -> dict[str, Any]:
    module = ".".join(what.split(".")[:2])
    told = {"kind": "own", "near": 1, "by": POLLUTER, "file": f"{module.replace('.', '/')}.py", "module": module}
    return {**told, "what": what, "before": before, "after": after, **more}


def census(*, in_users_object: bool) -> str:
    """The victim begins, and shop.bus.BUS holds the loop that the touch is of."""
    types = ["builtins.module", "shop.bus.Bus" if in_users_object else "builtins.dict", "asyncio.X"]
    steps: list[dict[str, Any]] = [
        {"label": label, "type": name, "own": name.startswith("shop")}
        for label, name in zip(["shop.bus", ".BUS", ".client"], types, strict=True)
    ]
    holder = "shop.bus.BUS" if in_users_object else "shop.bus.BUS.client"
    way = {"steps": steps, "head": 2, "holders": [{"holder": holder, "file": "shop/bus.py", "name": "BUS"}]}
    held = [{"loop": json.loads(touch(POLLUTER))["loop"], "ways": [way]}]
    return json.dumps({"what": "census", "held": held, "stuck": [], "cut": False})


def rivals(signature: Signature, *all_changes: dict[str, Any], in_users_object: bool = True) -> tuple[str, list[str]]:
    """(the confidence, what competes with the touch)."""
    lines = (
        census(in_users_object=in_users_object),
        touch(POLLUTER),
        json.dumps({"what": "changes", "changes": all_changes}),
    )
    record, sources = read(lines), Sources(Path("/nowhere"))
    found = explain(record, [POLLUTER], signature, sources)
    assert found is not None
    found = contested(found, record, [POLLUTER], signature, sources)
    return found.confidence, [change.what for change in found.rivals]


def test_a_plain_change_makes_a_swallowed_touch_likely() -> None:
    """The assertion says nothing of a loop, and the victim looks at what was changed."""
    assert rivals(WRONG, changed(*RATE)) == ("likely", [RATE[0]])


@pytest.mark.parametrize(
    "innocent",
    [
        changed(*RATE, near=None),
        changed(*RATE, by="tests/test_c.py::test_c"),
        changed("logging.getLogger('shop').level", "", "'INFO'", kind="logging", near=None),
        changed("shop.bus.BUS", "None", "a Bus"),
        changed("shop.bus.KEPT", "{}", "dict of 1"),
        changed("shop.bus.BUS.client._used", "0", "1"),
    ],
    ids=["out of reach", "another's", "of the process", "an object", "objects", "of what is held"],
)
def test_what_comes_with_the_resource_is_no_rival(innocent: dict[str, Any]) -> None:
    """A swallowed error stays proved where nothing else was changed than what holds the resource."""
    assert rivals(WRONG, innocent) == ("proved", [])


def test_parts_of_a_new_object_are_no_rivals() -> None:
    """What the object that holds it was made with; a value of one that was there before is a rival."""
    new = changed("shop.bus.BUS", "None", "a Bus"), changed("shop.bus.BUS.name", "", "'orders'")
    assert rivals(WRONG, *new) == ("proved", [])
    assert rivals(WRONG, changed("shop.bus.BUS.name", "'a'", "'b'")) == ("likely", ["shop.bus.BUS.name"])
    assert rivals(WRONG, changed("shop.bus.BUS.client", "1", "2"), in_users_object=False) == ("proved", [])


@pytest.mark.parametrize(
    "signature",
    [
        replace(WRONG, type="RuntimeError", message="Event loop is closed"),
        replace(WRONG, type="TimeoutError", message=""),
        replace(WRONG, type="Hang", message=""),
    ],
    ids=["cross-loop", "in vain", "hang"],
)
def test_what_speaks_of_loops_has_no_rivals(signature: Signature) -> None:
    """Only a failure that may be anything is doubted."""
    assert rivals(signature, changed(*RATE)) == ("proved", [])


@pytest.mark.parametrize(
    ("kinds", "confidence", "changes"),
    [
        (["restore-state"], None, 1),
        (["reset-singleton"], "proved", 0),
        (["restore-state", "reset-singleton"], "likely", 1),
        ([], "likely", 1),
    ],
    ids=["put back", "reset", "both", "none"],
)
def test_the_mend_that_works_decides(kinds: Sequence[str], confidence: str | None, changes: int) -> None:
    """What is mended is the reason; the other one was there all the same."""
    record = read([touch(POLLUTER)])
    found = explain(record, [POLLUTER], WRONG, Sources(Path("/nowhere")))
    assert found is not None
    fixes = tuple(Fix(kind, "tests/conftest.py", verified=(3, 3)) for kind in kinds)
    rejected = Fix("session-loop", "pyproject.toml", verified=(0, 1))
    cause, change = replace(found.cause(), confidence="likely"), Change(*RATE, POLLUTER)
    finding = Finding(
        "victim", VICTIM, WRONG, (POLLUTER, VICTIM), cause=cause, changes=(change,), fixes=(*fixes, rejected)
    )
    said = decided(finding)
    assert (said.cause and said.cause.confidence, len(said.changes)) == (confidence, changes)
