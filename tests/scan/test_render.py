"""The four formats."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from bisect_loop.scan import Place, ScanError, ScanFinding, ScanReport
from bisect_loop.scan.render import render
from bisect_loop.scan.rules import RULES

from .writing import scanned

REPORT = ScanReport(
    root="/srv/app",
    files=3,
    lines=40,
    findings=(ScanFinding("BL001", "a client,\n100% kept", Place("a,b: c.py", 2, 5), 2),),
    errors=(ScanError(Place("bad.py", 1, 7), "invalid syntax"),),
)


def test_text() -> None:
    """Findings as ruff writes them, what was not scanned, and a summary."""
    one = ScanReport("/srv", 1, 2, findings=(ScanFinding("BL001", "kept", Place("a.py", 2, 5)),), errors=REPORT.errors)
    assert render(one, "text", "../app/").splitlines() == [
        "../app/a.py:2:5: BL001 kept",
        "../app/bad.py:1:7: not scanned: invalid syntax",
        "1 finding in 1 file, 2 lines; 1 file not scanned",
    ]


def test_text_of_a_clean_project() -> None:
    """Nothing found is said in one line."""
    assert render(ScanReport("/srv", 2, 10), "text") == "0 findings in 2 files, 10 lines\n"


def test_github() -> None:
    """One command a line; whatever would end a property or the message is escaped."""
    assert render(REPORT, "github").splitlines() == [
        "::warning file=a%2Cb%3A c.py,line=2,col=5,title=BL001::a client,%0A100%25 kept",
        "::notice file=bad.py,line=1,col=7,title=not scanned::invalid syntax",
    ]


def test_json(tmp_path: Path) -> None:
    """The schema's fields, for findings and wire-ups alike."""
    files = {"app.py": "import httpx\nclient = httpx.AsyncClient()\n", "test_a.py": "import app\ndef test_a(): ...\n"}
    data = json.loads(render(scanned(tmp_path, dict(files)), "json"))
    assert data["schema"] == "bisect-loop-scan/1"
    assert (data["files"], data["lines"], data["tests"], data["errors"]) == (2, 4, 1, [])
    (finding,) = data["findings"]
    assert (finding["code"], finding["path"], finding["line"], finding["column"]) == ("BL001", "app.py", 2, 1)
    assert finding["wire_up"] == data["wire_ups"][0]
    assert finding["wire_up"]["holder"] == "app.client"
    assert finding["wire_up"]["at_import"] is True
    assert finding["wire_up"]["reach"] == {
        "tests": 1,
        "examples": ["test_a.py::test_a"],
        "importers": 1,
        "complete": True,
    }


def test_sarif() -> None:
    """SARIF 2.1.0: every rule is listed, results point to theirs, and paths are quoted."""
    data = json.loads(render(REPORT, "sarif"))
    assert data["version"] == "2.1.0"
    (run,) = data["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == [rule.code for rule in RULES]
    (result,) = run["results"]
    assert rules[result["ruleIndex"]]["id"] == result["ruleId"] == "BL001"
    location = result["locations"][0]["physicalLocation"]
    assert location["artifactLocation"] == {"uri": "a%2Cb%3A%20c.py", "uriBaseId": "SRCROOT"}
    assert location["region"] == {"startLine": 2, "startColumn": 5}
    assert run["originalUriBaseIds"]["SRCROOT"]["uri"] == "file:///srv/app/"
    assert len(run["invocations"][0]["toolExecutionNotifications"]) == 1


@pytest.mark.parametrize("style", ["text", "json", "sarif", "github"])
def test_every_format_ends_its_last_line(style: str) -> None:
    """What goes to a terminal or a file ends in a newline."""
    assert render(REPORT, style).endswith("\n")


DOCS = Path(__file__).parents[2] / "docs" / "rules"


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_every_rule_has_its_page(rule) -> None:
    """Each page begins with code and name, and says what, why and how to mend."""
    text = (DOCS / f"{rule.code}.md").read_text(encoding="utf-8")
    assert text.startswith(f"# {rule.code}: {rule.name}\n")
    assert re.findall(r"^## (.*)$", text, re.MULTILINE) == ["What it finds", "Why it breaks", "How to mend", "Example"]


def test_no_page_without_a_rule() -> None:
    """Every page is some rule's, and the index names them all."""
    codes = {rule.code for rule in RULES}
    assert {path.stem for path in DOCS.glob("BL*.md")} == codes
    index = (DOCS / "README.md").read_text(encoding="utf-8")
    assert set(re.findall(r"BL\d{3}", index)) >= codes
