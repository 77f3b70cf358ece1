"""What the table holds of fixes, without running any."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.scenarios.compare import FIXES, NON_FIX, compare
from tests.scenarios.scenario import Scenario

TRUTH = """
[[finding]]
kind = "victim"
victim = "v"
polluters = ["p"]
error = { type = "E", phase = "call" }
[[finding.fix]]
kind = "mend"
works = true
[[finding.fix]]
kind = "hope"
works = false
tried = true
[[finding.fix]]
kind = "prayer"
works = false
"""
GOOD, BAD = [3, 3], [0, 1]


@pytest.mark.parametrize(
    ("fixes", "verified", "rejected"),
    [
        ({"mend": GOOD, "hope": BAD}, True, True),
        ({"another": GOOD, "hope": BAD}, True, True),
        ({"another": GOOD, "mend": BAD, "hope": BAD}, False, True),
        ({"mend": GOOD}, True, False),
        ({"mend": GOOD, "hope": GOOD}, True, False),
        ({"mend": GOOD, "hope": BAD, "prayer": GOOD}, True, False),
        ({"hope": BAD, "mend": None}, False, True),
    ],
)
def test_fixes_are_held_to_the_truth(tmp_path: Path, fixes: dict[str, Any], verified: bool, rejected: bool) -> None:
    """One is verified and none that is true is rejected; what is known to be none is rejected, and never verified."""
    (tmp_path / "expected.toml").write_text(TRUTH)
    told = [{"kind": kind, "verified": runs, "works": runs == GOOD} for kind, runs in fixes.items()]
    finding = {
        "kind": "victim",
        "victim": "v",
        "polluters": ["p"],
        "import_polluters": [],
        "minimal_order": ["p", "v"],
        "error": {"type": "E", "phase": "call"},
        "confirmed": True,
        "cause": None,
        "fixes": told,
    }
    (row,) = compare(Scenario(tmp_path), 1, {"findings": [finding]}, fixes=True)

    assert (row.answers[FIXES], row.answers[NON_FIX]) == (verified, rejected)
    assert row.right is (verified and rejected)
