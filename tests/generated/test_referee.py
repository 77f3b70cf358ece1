"""The referee lets a right result pass and complains about each way of being wrong."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from .model import Behaviour, Error, Plot, Test, adding, having
from .referee import complaints, false_accusations, missed_roles
from .truth import Truth, derive

Json = dict[str, Any]

PLOT = Plot(
    (
        Test("t.py::innocent", "t.py"),
        Test("t.py::polluter", "t.py", Behaviour(effects=(adding("dirt"),))),
        Test("t.py::other", "t.py", Behaviour(effects=(adding("dirt"),))),
        Test("t.py::victim", "t.py", Behaviour(fails=((having("dirt"), Error("ValueError")),))),
    )
)
TRUTH = Truth("either-or", PLOT, derive(PLOT, [PLOT.order]), PLOT.order)

RIGHT: Json = {
    "suite": {"root": "/suite", "tests": 4, "python": "3.11", "pytest": "9.2"},
    "orders_tried": [{"name": "default", "seed": None, "failed": ["t.py::victim"]}],
    "findings": [
        {
            "id": "f3",
            "kind": "victim",
            "victim": "t.py::victim",
            "minimal_order": ["t.py::polluter", "t.py::victim"],
            "polluters": ["t.py::polluter"],
            "import_polluters": [],
            "setters": [],
            "cleaners": [],
            "other_polluting_sets": [["t.py::other"]],
            "error": {"type": "builtins.ValueError", "message": "", "phase": "call", "signature": ""},
            "confirmed": True,
            "confirmation": {"minimal_failed": [3, 3], "victim_alone_passed": [3, 3], "runner": "fresh"},
            "replay": {"command": "pytest t.py::polluter t.py::victim", "ran": True},
        }
    ],
    "stopped_because": "done",
}


def changed(**fields: Any) -> Json:
    """The right result with fields of its finding changed."""
    result = copy.deepcopy(RIGHT)
    result["findings"][0].update(fields)
    return result


def test_a_right_result_passes() -> None:
    """No complaint, no accusation and no note about a result that is right."""
    assert complaints(TRUTH, RIGHT) == []
    assert false_accusations(TRUTH, RIGHT) == []
    assert missed_roles(TRUTH, RIGHT) == []


@pytest.mark.parametrize(
    "wrong",
    [
        changed(polluters=["t.py::innocent"], minimal_order=["t.py::innocent", "t.py::victim"]),
        changed(polluters=["t.py::polluter", "t.py::other"]),
        changed(polluters=[]),
        changed(victim="t.py::other"),
        changed(kind="brittle"),
        changed(kind="nondeterministic"),
        changed(error={"type": "KeyError", "message": "", "phase": "call", "signature": ""}),
        changed(error={"type": "ValueError", "message": "", "phase": "teardown", "signature": ""}),
        changed(confirmed=False),
        changed(confirmation={"minimal_failed": [2, 3], "victim_alone_passed": [3, 3], "runner": "fresh"}),
        changed(minimal_order=["t.py::victim", "t.py::polluter"]),
        changed(cleaners=["t.py::innocent"]),
        changed(other_polluting_sets=[["t.py::innocent"]]),
        changed(replay={"command": "pytest", "ran": False}),
        {**RIGHT, "findings": []},
        {**RIGHT, "orders_tried": [{"name": "reverse", "seed": None, "failed": ["t.py::victim"]}]},
        {**RIGHT, "orders_tried": [{"name": "shuffle:1", "seed": 1, "failed": ["t.py::innocent"]}]},
        {**RIGHT, "stopped_because": "budget"},
    ],
)
def test_a_wrong_result_does_not(wrong: Json) -> None:
    """Each single error is worth a complaint."""
    assert complaints(TRUTH, wrong)


@pytest.mark.parametrize(
    "accuse",
    [
        lambda innocent: changed(polluters=[innocent]),
        lambda innocent: changed(setters=[innocent]),
        lambda innocent: changed(victim=innocent),
        lambda innocent: changed(other_polluting_sets=[[innocent]]),
    ],
)
def test_an_accused_innocent_is_noticed(accuse: Callable[[str], Json]) -> None:
    """An innocent in any accusing role is a false accusation, confirmed or not."""
    result = accuse("t.py::innocent")
    result["findings"][0]["confirmed"] = False
    assert false_accusations(TRUTH, result) == ["t.py::innocent"]


def test_what_is_left_unsaid_is_noted() -> None:
    """A polluting set that no report names is a note, not a complaint."""
    result = changed(other_polluting_sets=[])
    assert complaints(TRUTH, result) == []
    assert missed_roles(TRUTH, result) == ["1 of 2 polluting sets not named"]
