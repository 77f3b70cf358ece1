"""The terminal report, compared with golden files; UPDATE_GOLDEN=1 in the environment writes them anew."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from bisect_loop.model import Finding, Needs, OrderTried, Suite
from bisect_loop.report.story import tally
from bisect_loop.report.terminal import encodable, render, render_findings
from tests.report.values import (
    BRITTLE,
    EVIL,
    EXPLAINED,
    GROUP,
    LONG,
    NONDETERMINISTIC,
    NOT_REPRODUCED,
    POLLUTER,
    REPORTS,
    SUSPECTED,
    VICTIM,
    VICTIM_OF_ONE,
    report,
)

GOLDEN = Path(__file__).parent / "golden"
ANSI = re.compile(r"\x1b\[[\d;]*m")

CASES = [(name, 100) for name in REPORTS] + [("victim_explained", 60), ("all_kinds", 160)]


@pytest.mark.parametrize(("name", "width"), CASES)
def test_the_report_is_as_it_was(name: str, width: int) -> None:
    """Every word and blank is as in the golden file."""
    golden = GOLDEN / (f"{name}.txt" if width == 100 else f"{name}_{width}.txt")
    text = render(REPORTS[name], width=width)
    if os.environ.get("UPDATE_GOLDEN"):
        golden.write_text(text, encoding="utf-8")

    assert text == golden.read_text(encoding="utf-8")


def test_no_golden_file_is_left_over() -> None:
    """Each golden file belongs to a case."""
    wanted = {f"{name}.txt" if width == 100 else f"{name}_{width}.txt" for name, width in CASES}

    assert {path.name for path in GOLDEN.iterdir()} == wanted


@pytest.mark.parametrize("name", REPORTS)
def test_colours_are_all_that_a_colour_terminal_gets_more(name: str) -> None:
    """Without its escape sequences the coloured report is the plain one: nothing is said by colour alone."""
    assert ANSI.sub("", render(REPORTS[name], colour=True)) == render(REPORTS[name])


def test_colour_is_there_when_asked_for() -> None:
    """A coloured report has styles in it."""
    assert ANSI.search(render(REPORTS["victim"], colour=True))


@pytest.mark.parametrize("width", [1, 40, 77, 100, 500])
@pytest.mark.parametrize("name", REPORTS)
def test_ids_are_whole_at_every_width(name: str, width: int) -> None:
    """No id is cut, broken or wrapped, however narrow the terminal is."""
    text = render(REPORTS[name], width=width)

    for finding in REPORTS[name].findings[:20]:
        if finding.victim != EVIL:
            assert finding.victim in text
        for polluter in finding.polluters:
            assert polluter in text


@pytest.mark.parametrize("width", [40, 80, 120])
@pytest.mark.parametrize("name", REPORTS)
def test_lines_are_as_wide_as_was_asked_for(name: str, width: int) -> None:
    """A line is wider than the terminal only where a single id, word or shell word is."""
    lines = render(REPORTS[name], width=width).splitlines()
    reproduce = next((at for at, line in enumerate(lines) if "  reproduce " in line), len(lines))

    for line in lines[:reproduce]:
        # What stands together: the label, then an id or a phrase of a few words.
        assert len(line) <= width or len(re.split(r" {2,}", line.strip())) <= 3


@pytest.mark.parametrize("name", REPORTS)
def test_nothing_in_it_acts_on_the_terminal(name: str) -> None:
    """Escape sequences, bells, carriage returns and overrides of direction in ids and messages are spelled."""
    text = render(REPORTS[name])

    assert all(char.isprintable() or char == "\n" for char in text)


def test_a_suspect_that_was_not_confirmed_is_not_accused() -> None:
    """Without confirmation nothing is said to fail after anything, and no command is printed."""
    text = render(report(SUSPECTED))

    assert f"fails after {POLLUTER}" not in text
    assert "FINDING" not in text
    assert "nobody is accused" in text
    assert "reproduce" not in text


def test_a_command_that_was_not_run_is_not_printed() -> None:
    """The promise of a printed command is that it ran."""
    untried = replace(VICTIM_OF_ONE, replay=replace(VICTIM_OF_ONE.replay, ran=False))

    assert "reproduce" not in render(report(untried))


def test_a_cause_without_a_fix_says_that_none_was_tried() -> None:
    """Silence would leave open whether there is one; where nothing is known of why it fails, none is expected."""
    found = report(replace(EXPLAINED, fixes=()))
    said = '  fix         none tried: "why" says what is to be mended\n'

    assert said in render(found)
    assert "none tried" not in render(REPORTS["victim_explained"])
    assert "none tried" not in render(report(replace(EXPLAINED, fixes=(), cause=None)))


def test_victims_of_one_polluter_are_one_group() -> None:
    """The polluter is named once as such, and each of the first victims once, with its id."""
    text = render(report(*GROUP[:3], BRITTLE), width=200)

    assert text.count("FINDING") == 2
    assert text.count("fail after") == 1
    assert all(f"{finding.id}  {finding.victim}" in text for finding in GROUP[:3])


def test_suspects_are_not_grouped_with_victims() -> None:
    """A suspicion never hides behind a finding that shares its suspects."""
    text = render(report(VICTIM_OF_ONE, replace(SUSPECTED, victim="tests/test_z.py::test_z")))

    assert "SUSPECTED" in text
    assert "tests/test_z.py::test_z" in text


def test_findings_stand_before_what_accuses_nobody() -> None:
    """What matters comes first, whatever order the failures came in."""
    text = render(REPORTS["all_kinds"])

    assert text.rindex("FINDING") < min(text.index(label) for label in ("BY CHANCE", "FAILURE", "SUSPECTED"))


def test_secrets_are_hidden_and_it_is_said_what_to_do() -> None:
    """A command that holds a secret shows stars, and a note tells to put the secret in."""
    secret = replace(
        VICTIM_OF_ONE, replay=replace(VICTIM_OF_ONE.replay, command=f"API_TOKEN=swordfish pytest {VICTIM}")
    )
    text = render(report(secret, env=(("API_TOKEN", "swordfish"),)))

    assert "swordfish" not in text
    assert "API_TOKEN='***' pytest" in text
    assert "set it before" in text


def test_what_is_not_stored_is_not_said_to_be() -> None:
    """Where the history could not be written, no replay is promised."""
    text = render(report(VICTIM_OF_ONE, stopped_because="budget"), stored=False)

    assert "replay" not in text
    assert "goes on" not in text


def test_wide_characters_are_counted_as_wide() -> None:
    """Lines with East Asian text keep to the width of the terminal, which is counted in columns."""
    note = "テスト " * 40
    text = render(report(replace(VICTIM_OF_ONE, note=note.strip())), width=80)

    lines = [line for line in text.splitlines() if "テスト" in line]
    assert len(lines) > 1
    assert all(len(line) + line.count("テスト") * 3 <= 80 for line in lines)


@pytest.mark.parametrize(
    ("encoding", "shown"),
    [
        ("utf-8", "412 · é \\udc80"),
        ("ascii", "412 - \\xe9 \\udc80"),
        ("latin-1", "412 · é \\udc80"),
        ("cp437", "412 · é \\udc80"),
        ("cp932", "412 - \\xe9 \\udc80"),
        (None, "412 - \\xe9"),
    ],
)
def test_text_for_streams_that_cannot_take_it(encoding: str | None, shown: str) -> None:
    """A stream without the ornaments gets plain ones; what else it cannot carry is escaped, never an error."""
    text = "412 · é \udc80"

    assert encodable(text, encoding).startswith(shown)
    assert encodable("plain", encoding) == "plain"


def test_an_unknown_encoding_is_no_error() -> None:
    """A stream that claims an encoding which does not exist gets ASCII."""
    assert encodable("a · b", "no-such-encoding") == "a - b"


def test_stored_findings_are_shown_alone() -> None:
    """What comes out of the history looks as it did in its run."""
    whole = render(report(VICTIM_OF_ONE))

    assert render_findings([VICTIM_OF_ONE]) in whole
    assert render_findings([]) == ""


def test_a_suite_of_many_tests_reads_well() -> None:
    """Large numbers have separators and long times their units."""
    suite = Suite("/p", tuple(map(str, range(12_345))), "3.12.1", "8.0")
    text = render(report(suite=suite, cost=replace(REPORTS["nothing"].cost, seconds=4_000.0)))

    assert text.endswith("Nothing order-dependent found in 3 orders of 12,345 tests, 1 h 6 min.\n")


def test_rich_is_not_imported_for_plain_text() -> None:
    """Start-up stays cheap: neither importing nor rendering without colour loads rich."""
    code = (
        "import sys; from bisect_loop.report import terminal, live, result, files;"
        "terminal.encodable('·', 'ascii'); sys.exit('rich' in sys.modules)"
    )

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("finding", [replace(VICTIM_OF_ONE, victim=LONG), replace(BRITTLE, victim=LONG)])
def test_a_heading_that_does_not_fit_has_the_victim_first(finding: Finding) -> None:
    """A long victim stands on the heading's line, and what it fails after below it, in the column of the rows."""
    lines = render(report(finding)).splitlines()
    at = next(number for number, line in enumerate(lines) if line.startswith("FINDING"))

    assert lines[at].endswith(LONG)
    assert lines[at + 1].startswith("  fails a")


def test_a_failure_of_chance_that_was_only_told_of_is_counted_once() -> None:
    """The closing line counts each finding in one place."""
    unknown = replace(NONDETERMINISTIC, signature=replace(NONDETERMINISTIC.signature, type="unknown"))

    assert tally(report(unknown, NOT_REPRODUCED, SUSPECTED)) == (
        "1 suspicion, 1 test that fails by chance and 1 failure that did not show here"
    )


def test_a_run_that_is_cut_short_says_what_it_did_not_look_into() -> None:
    """Failures that were seen are not nothing: they are counted until a finding says more of them."""
    tried = (OrderTried("default", None, (VICTIM, "tests/a.py::test_x")), OrderTried("reverse", None, (VICTIM,)))
    cut = report(orders_tried=tried, stopped_because="interrupted")
    assert "best so far no finding in 2 orders" in render(cut)
    assert "; 2 failing tests not looked into." in " ".join(render(cut).split())
    explained = replace(cut, findings=(replace(VICTIM_OF_ONE, victim=VICTIM),))
    assert "; 1 failing test not looked into." in " ".join(render(explained).split())
    assert "not looked into" not in render(replace(cut, stopped_because="done"))


def test_silence_is_not_taken_for_an_answer() -> None:
    """Where the state was compared and nothing differs, the report says so; where something else tells, it does not."""
    silent = replace(VICTIM_OF_ONE, cause=None, changes=(), compared=True)
    said = "changed     nothing that bisect-loop looks at"
    assert said in render(report(findings=(silent,)))
    for other in (
        {"compared": False},
        {"cause": EXPLAINED.cause},
        {"leaks": ("a row is left",)},
        {"confirmed": False},
    ):
        assert "looks at" not in render(report(findings=(replace(silent, **other),)))


def test_what_does_not_matter_is_said_plainly() -> None:
    """Where nothing was needed but the tests, that is what the line says."""
    found = replace(VICTIM_OF_ONE, needs=Needs(spared=("pytest-randomly",)))
    needs = "  needs       nothing but the tests above: pytest-randomly does not matter"

    assert needs in render(report(found), width=100).splitlines()
