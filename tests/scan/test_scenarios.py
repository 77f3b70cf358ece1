"""The scan finds, without running it, what each scenario was made to show."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bisect_loop.conditions.toml import loads
from bisect_loop.scan import ScanFinding, scan
from bisect_loop.scan.resources import labels

SCENARIOS = Path(__file__).parents[2] / "scenarios"


def causes() -> list[tuple[str, dict[str, str]]]:
    """(scenario, cause) for every planted wire-up of something that binds to a loop."""
    found = []
    for path in sorted(SCENARIOS.glob("*/expected.toml")):
        truth = loads(path.read_text(encoding="utf-8"))
        if truth.get("tool", {}).get("scan") == "not yet":
            continue
        for finding in truth.get("finding", []):
            cause = finding.get("cause", {})
            if "wire_up" in cause and cause.get("resource") in labels():
                found.append((path.parent.name, cause))
    return found


def holds(finding: ScanFinding, cause: dict[str, str]) -> bool:
    """Tell whether a finding is about this wire-up and names its holder; which key it has there only a run shows."""
    wire_up = finding.wire_up
    if wire_up is None or cause["wire_up"] not in (str(wire_up.made_at), str(wire_up.stored_at)):
        return False
    paths = (wire_up.holder, *wire_up.also_held_by)
    holder = re.sub(r"\[.*?\]", "", cause["holder"])
    return any(f"{path}.".startswith(f"{holder}.") for path in paths)


@pytest.mark.parametrize(("name", "cause"), causes(), ids=lambda value: value if isinstance(value, str) else "")
def test_planted_wire_ups_are_found(name: str, cause: dict[str, str]) -> None:
    """Wire-up line and holder of the scenario stand in one finding."""
    report = scan([SCENARIOS / name], SCENARIOS / name)
    assert any(holds(finding, cause) for finding in report.findings), [f.message for f in report.findings]
