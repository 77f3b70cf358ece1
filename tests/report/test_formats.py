"""JSON, Markdown, HTML, JUnit and SARIF."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any
from xml.etree import ElementTree

import pytest
from markdown_it import MarkdownIt

from bisect_loop.model import Signature
from bisect_loop.report import html, junit, markdown, result, sarif
from bisect_loop.report.escape import visible
from bisect_loop.report.shell import wrap
from bisect_loop.report.story import verdict
from tests.report.values import (
    ALWAYS_FAILS,
    BRITTLE,
    CONDITIONS,
    EVIL,
    EVIL_FINDING,
    EXPLAINED,
    IMPORT_TIME,
    NONDETERMINISTIC,
    POLLUTER,
    REPORTS,
    SUSPECTED,
    VICTIM,
    VICTIM_OF_ONE,
    VICTIM_OF_TWO,
    report,
)

RENDERERS = {"json": result, "markdown": markdown, "html": html, "junit": junit, "sarif": sarif}


@pytest.mark.parametrize("name", REPORTS)
@pytest.mark.parametrize("form", RENDERERS)
def test_nothing_unprintable_and_no_secret(form: str, name: str) -> None:
    """In every format each character shows or ends a line, the text is UTF-8, and passwords are gone."""
    text = RENDERERS[form].render(REPORTS[name])

    assert text.endswith("\n")
    assert all(char.isprintable() or char == "\n" for char in text) or form == "json"
    assert "hunter2" not in text
    text.encode("utf-8")


# -- JSON ------------------------------------------------------------------------------------------

TEXT, NUMBER, TRUTH = "text", "number", "truth"
NODE_IDS = [TEXT]
SHAPE: dict[str, Any] = {
    "schema": TEXT,
    "suite": {"root": TEXT, "tests": NUMBER, "python": TEXT, "pytest": TEXT},
    "conditions": {
        "env": {...: TEXT},
        "services": [{"name": TEXT, "kind": TEXT, "version": TEXT, "url": (TEXT, None)}],
        "coverage": TRUTH,
        "workers": NUMBER,
        "sources": [TEXT],
    },
    "orders_tried": [{"name": TEXT, "seed": (NUMBER, None), "failed": NODE_IDS}],
    "findings": [
        {
            "id": TEXT,
            "kind": TEXT,
            "victim": TEXT,
            "minimal_order": NODE_IDS,
            "polluters": NODE_IDS,
            "import_polluters": [TEXT],
            "setters": NODE_IDS,
            "cleaners": NODE_IDS,
            "other_polluting_sets": [NODE_IDS],
            "incidental": NODE_IDS,
            "error": {"type": TEXT, "message": TEXT, "phase": TEXT, "signature": TEXT},
            "confirmed": TRUTH,
            "confirmation": {"minimal_failed": [NUMBER], "victim_alone_passed": [NUMBER], "runner": TEXT},
            "failure_rate": NUMBER,
            "confidence": NUMBER,
            "needs": {
                "env": [TEXT],
                "services": [TEXT],
                "coverage": TRUTH,
                "workers": NUMBER,
                "plugins": [TEXT],
                "hash_seed": TRUTH,
            },
            "cause": (
                {
                    "resource": TEXT,
                    "holder": TEXT,
                    "bound_at": TEXT,
                    "bound_by": TEXT,
                    "loop_made_by": TEXT,
                    "loop_closed_after": TEXT,
                    "used_at": TEXT,
                    "confidence": TEXT,
                    "function": TEXT,
                    "also_held_by": [TEXT],
                    "gates": [TEXT],
                    "used_by": TEXT,
                    "loop_open": TRUTH,
                    "at_import": TRUTH,
                    "taken_by": TEXT,
                    "taken_at": TEXT,
                },
                None,
            ),
            "changes": [{"what": TEXT, "before": TEXT, "after": TEXT, "by": TEXT}],
            "fixes": [
                {
                    "kind": TEXT,
                    "where": TEXT,
                    "diff": (TEXT, None),
                    "verified": ([NUMBER], None),
                    "works": TRUTH,
                    "title": TEXT,
                    "cost": TEXT,
                    "note": TEXT,
                    "runs": {...: [NUMBER]},
                }
            ],
            "replay": {"command": TEXT, "ran": TRUTH},
            "lanes": [{"worker": TEXT, "tests": NODE_IDS}],
            "leaks": [TEXT],
            "worker": ({"id": TEXT, "count": NUMBER}, None),
        }
    ],
    "cost": {"trials_fork": NUMBER, "trials_fresh": NUMBER, "tests_executed": NUMBER, "seconds": NUMBER},
    "stopped_because": TEXT,
}


def assert_shape(value: Any, shape: Any) -> None:
    if isinstance(shape, tuple):
        if value is not None:
            assert_shape(value, shape[0])
    elif isinstance(shape, list):
        assert isinstance(value, list)
        for item in value:
            assert_shape(item, shape[0])
    elif isinstance(shape, dict) and ... in shape:
        for item in value.values():
            assert_shape(item, shape[...])
    elif isinstance(shape, dict):
        assert list(value) == list(shape)
        for key, inner in shape.items():
            assert_shape(value[key], inner)
    else:
        kinds: dict[str, Any] = {TEXT: str, NUMBER: (int, float), TRUTH: bool}
        assert isinstance(value, kinds[shape])
        assert shape == TRUTH or not isinstance(value, bool)


@pytest.mark.parametrize("name", REPORTS)
def test_the_json_result_has_exactly_the_promised_shape(name: str) -> None:
    """Keys, their order and their types are those of the schema "bisect-loop/1", no more and no fewer."""
    data = json.loads(result.render(REPORTS[name]))

    assert_shape(data, SHAPE)
    assert data["schema"] == "bisect-loop/1"


def test_the_json_result_says_what_the_report_does() -> None:
    """Values are those of the findings, ids raw and whole; a brittle test's order is the one that passes."""
    data = json.loads(result.render(report(EXPLAINED, BRITTLE, EVIL_FINDING, **CONDITIONS)))
    victim, brittle, evil = data["findings"]

    assert victim["id"] == EXPLAINED.id
    assert victim["minimal_order"] == [POLLUTER, VICTIM]
    assert victim["error"]["signature"] == EXPLAINED.signature.key
    assert victim["confirmation"] == {"minimal_failed": [3, 3], "victim_alone_passed": [3, 3], "runner": "fresh"}
    assert victim["fixes"][0]["verified"] == [3, 3]
    assert victim["fixes"][1]["works"] is False
    assert victim["fixes"][2]["verified"] is None
    assert brittle["minimal_order"] == [*BRITTLE.setters, BRITTLE.victim]
    assert evil["victim"] == EVIL
    assert data["suite"]["tests"] == 412
    assert data["conditions"]["env"]["REDIS_URL"] == "redis://:***@127.0.0.1:41173/0"
    assert data["conditions"]["services"][0]["url"] == "redis://:***@127.0.0.1:41173/0"


# -- Markdown --------------------------------------------------------------------------------------


def markdown_parts(text: str) -> tuple[list[str], list[str], list[str]]:
    """What a CommonMark reader sees as inline code, as blocks of code, and as HTML."""
    code: list[str] = []
    blocks: list[str] = []
    raw: list[str] = []
    for token in MarkdownIt("commonmark").parse(text):
        for inner in [token, *(token.children or ())]:
            if inner.type == "code_inline":
                code.append(inner.content)
            elif inner.type == "fence":
                blocks.append(inner.content)
            elif inner.type in ("html_inline", "html_block", "link_open", "image"):
                raw.append(inner.content or inner.type)
    return code, blocks, raw


@pytest.mark.parametrize("name", REPORTS)
def test_markdown_shows_ids_as_they_are(name: str) -> None:
    """A reader of Markdown sees each id as code, whole, and the command in a block that can be copied."""
    code, blocks, raw = markdown_parts(markdown.render(REPORTS[name]))

    for finding in REPORTS[name].findings[:20]:
        assert visible(finding.victim) in code
        assert all(visible(polluter) in code for polluter in finding.polluters)
    shown = [finding for finding in REPORTS[name].findings if finding.confirmed]
    assert set(blocks) <= {f"{wrap(finding.replay.command, 100, '    ')}\n" for finding in shown}
    assert bool(blocks) is bool(shown)
    assert raw == []


def test_markdown_does_not_call_people_or_make_tags_of_notes() -> None:
    """A note may hold anything: no tag, no link, no emphasis comes of it, and nobody is notified."""
    note = "<b>bold</b> [a](http://x) *b* _c_ `d` # 1. - | @someone"
    text = markdown.render(report(replace(VICTIM_OF_ONE, note=note)))

    _, _, raw = markdown_parts(text)
    assert raw == ["<!-- -->"]
    assert "@someone" not in text


@pytest.mark.parametrize("note", ["- item", "+ item", "1. item", "# title", "> quote", "```", "a ` b"])
def test_markdown_of_a_note_stays_prose(note: str) -> None:
    """What would begin a list, a title, a quote or a block of code at the start of a line does not."""
    text = markdown.render(report(notes=(note, note)))

    tokens = MarkdownIt("commonmark").parse(text)
    assert [token.type for token in tokens if token.type in ("ordered_list_open", "blockquote_open", "fence")] == []
    assert "".join(child.content for token in tokens for child in token.children or ()).count(note) == 2


# -- HTML ------------------------------------------------------------------------------------------


class Page(HTMLParser):
    """Collects what a browser would see, and checks that elements nest."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.code: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in ("meta", "br"):
            self.open.append(tag)
        if tag in ("code", "pre"):
            self.code.append("")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] in ("code", "pre"):
            self.code[-1] += data


@pytest.mark.parametrize("name", REPORTS)
def test_html_is_one_whole_page_that_needs_nothing_else(name: str) -> None:
    """Elements nest, no script runs, nothing is fetched, and ids and commands are there to be copied."""
    page = Page(html.render(REPORTS[name]))

    assert not {"script", "link", "img", "iframe", "a"} & set(page.tags)
    assert not [value for key, value in page.attributes if key in ("src", "href", "onclick", "style")]
    for finding in REPORTS[name].findings[:20]:
        assert visible(finding.victim) in page.code
    for finding in REPORTS[name].findings[:1]:
        if finding.confirmed:
            assert wrap(finding.replay.command, 100, "    ") in page.code


# -- JUnit -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", REPORTS)
def test_junit_is_well_formed_and_counts_right(name: str) -> None:
    """The numbers in the head are those of the elements, and failures are exactly what the exit code counts."""
    suite = ElementTree.fromstring(junit.render(REPORTS[name])).find("testsuite")
    assert suite is not None

    assert int(suite.attrib["tests"]) == len(suite.findall("testcase"))
    assert int(suite.attrib["failures"]) == len(suite.findall("testcase/failure"))
    assert int(suite.attrib["skipped"]) == len(suite.findall("testcase/skipped"))
    assert suite.findtext("system-out") == verdict(REPORTS[name])
    accusing = [one for one in REPORTS[name].findings if one.confirmed]
    assert len(suite.findall("testcase/failure")) == len(accusing)


def test_junit_names_the_victim_and_what_breaks_it() -> None:
    """A failure is shown at the victim, with the polluter in its message and the whole story in its text."""
    case = ElementTree.fromstring(junit.render(report(VICTIM_OF_ONE))).find(".//testcase")
    assert case is not None
    failure = case.find("failure")
    assert failure is not None and failure.text is not None

    assert case.attrib["classname"] == "tests.orchestrator.test_exec"
    assert case.attrib["name"] == "test_needs_decision"
    assert failure.attrib == {"message": f"fails after {POLLUTER}", "type": "victim"}
    assert "in order 3/3 fail" in failure.text


@pytest.mark.parametrize("finding", [SUSPECTED, ALWAYS_FAILS, NONDETERMINISTIC])
def test_junit_does_not_fail_for_what_accuses_nobody(finding: Any) -> None:
    """What the exit code does not count is skipped, with the reason."""
    skipped = ElementTree.fromstring(junit.render(report(finding))).find(".//skipped")

    assert skipped is not None
    assert "nobody is accused" in skipped.attrib["message"]


# -- SARIF -----------------------------------------------------------------------------------------


def sarif_run(*findings: Any) -> Any:
    (run,) = json.loads(sarif.render(report(*findings)))["runs"]
    return run


@pytest.mark.parametrize("name", REPORTS)
def test_sarif_keeps_to_the_format(name: str) -> None:
    """Version, rules that results point to, relative URIs with a base, lines from 1, one fingerprint each."""
    log = json.loads(sarif.render(REPORTS[name]))
    (run,) = log["runs"]
    rules = run["tool"]["driver"]["rules"]

    assert log["version"] == "2.1.0"
    assert set(run) == {"tool", "invocations", "originalUriBaseIds", "columnKind", "results"}
    assert run["originalUriBaseIds"]["SRCROOT"]["uri"].endswith("/")
    assert len(run["results"]) == len(REPORTS[name].findings)
    for each in run["results"]:
        assert rules[each["ruleIndex"]]["id"] == each["ruleId"]
        assert each["level"] in ("error", "note")
        assert each["message"]["text"]
        assert list(each["partialFingerprints"]) == ["bisectLoopFinding/v1"]
        for location in (*each["locations"], *each.get("relatedLocations", ())):
            place = location["physicalLocation"]
            assert re.fullmatch(r"[\w%./~-]+", place["artifactLocation"]["uri"])
            assert place["artifactLocation"]["uriBaseId"] == "SRCROOT"
            assert place["region"]["startLine"] >= 1


def test_sarif_points_at_the_victim_and_relates_the_polluters() -> None:
    """The alert stands at the failing line of the victim's file; polluters, setters and modules are related."""
    victim, two, brittle, imported = sarif_run(VICTIM_OF_ONE, VICTIM_OF_TWO, BRITTLE, IMPORT_TIME)["results"]

    place = victim["locations"][0]["physicalLocation"]
    assert (place["artifactLocation"]["uri"], place["region"]["startLine"]) == (
        "tests/orchestrator/test_exec.py",
        41,
    )
    related = [[one["message"]["text"] for one in each["relatedLocations"]] for each in (two, brittle, imported)]
    assert related == [list(VICTIM_OF_TWO.polluters), list(BRITTLE.setters), list(IMPORT_TIME.import_polluters)]


def test_sarif_line_is_the_first_where_the_failure_is_elsewhere() -> None:
    """A line of another file is not claimed of the victim's."""
    elsewhere = replace(VICTIM_OF_ONE, signature=Signature("ValueError", "backend/x.py:99", "x", "call"))

    (each,) = sarif_run(elsewhere)["results"]

    assert each["locations"][0]["physicalLocation"]["region"]["startLine"] == 1


@pytest.mark.parametrize("finding", [SUSPECTED, ALWAYS_FAILS, NONDETERMINISTIC])
def test_sarif_relates_nobody_who_is_not_accused(finding: Any) -> None:
    """What is not confirmed is a note, and names no suspect."""
    (each,) = sarif_run(finding)["results"]

    assert each["level"] == "note"
    assert "relatedLocations" not in each
    assert POLLUTER not in json.dumps(each)
