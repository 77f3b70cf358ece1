"""Planted defects and near misses: every one is found, and nothing else is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bisect_loop.scan import scan
from bisect_loop.scan.rules import RULES

CORPUS = Path(__file__).parent / "corpus"
PROJECTS = sorted(path.name for path in CORPUS.iterdir() if path.is_dir())

Marks = set[tuple[str, int, str]]


def marks(project: Path, word: str) -> Marks:
    """The (path, line, code) of every "# word: BL001" comment; "# expect above" means the line before."""
    found: Marks = set()
    for path in sorted(project.rglob("*.*")):
        if path.suffix not in (".py", ".toml", ".cfg", ".ini"):
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            for above, code in re.findall(rf"# {word}( above)?: (BL\d+)", line):
                found.add((path.relative_to(project).as_posix(), number - bool(above), code))
    return found


@pytest.mark.parametrize("name", PROJECTS)
def test_exactly_the_planted_defects_are_found(name: str) -> None:
    """The findings of each project are its "# expect" comments, no more and no less."""
    project = CORPUS / name
    found = {(f.place.path, f.place.line, f.code) for f in scan([project], project).findings}
    assert found == marks(project, "expect")


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_every_rule_has_positives_and_near_misses(rule) -> None:
    """No rule goes without a planted defect and something that only looks like one."""
    for word in ("expect", "near-miss"):
        assert any(code == rule.code for name in PROJECTS for _, _, code in marks(CORPUS / name, word)), word
