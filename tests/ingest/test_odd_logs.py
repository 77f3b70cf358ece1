"""Logs as CI systems keep them, and logs that were torn, cut or mixed on the way; all written for these tests."""

from __future__ import annotations

import re
from pathlib import Path
from textwrap import dedent

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bisect_loop.ingest import LogError, Recording, read_log, read_log_file

PLAIN = """
Run pytest -v -n 2
Collecting pytest==8.0.0
  Downloading pytest-8.0.0.whl ...
============================= test session starts ==============================
platform linux -- Python 3.11.7, pytest-8.0.0, pluggy-1.5.0 -- /usr/bin/python
Using --randomly-seed=123
rootdir: /home/runner/work/app/app, configfile: pyproject.toml
plugins: randomly-3.15.0, xdist-3.5.0
created: 2/2 workers
2 workers [4 items]

scheduling tests via LoadFileScheduling

tests/a.py::test_one
tests/b.py::test_three
[gw0] [ 25%] PASSED tests/a.py::test_one
tests/a.py::test_two[x - y]
[gw1] [ 50%] PASSED tests/b.py::test_three
[gw0] [ 75%] FAILED tests/a.py::test_two[x - y]
tests/b.py::test_four
[gw1] [100%] SKIPPED tests/b.py::test_four

=================================== FAILURES ===================================
_____________________________ test_two[x - y] __________________________________
[gw0] linux -- Python 3.11.7 /usr/bin/python

    def test_two(x):
>       client.get()
E       redis.exceptions.ConnectionError: Error 111 - refused

tests/a.py:12: ConnectionError
----------------------------- Captured stdout call -----------------------------
E   NotAnError: printed
=========================== short test summary info ============================
FAILED tests/a.py::test_two[x - y] - redis.exceptions.ConnectionError: Error 111 - ref...
==================== 1 failed, 2 passed, 1 skipped in 65.32s (0:01:05) =========
Error: Process completed with exit code 1.
""".lstrip()


def stamped(template: str) -> str:
    lines = PLAIN.splitlines()
    return "\n".join(template.format(line=line, n=number, n2=f"{number % 60:02d}") for number, line in enumerate(lines))


DECORATED = {
    "plain": PLAIN,
    "windows": PLAIN.replace("\n", "\r\n"),
    "github": "\ufeff" + stamped("2024-05-01T12:00:{n2}.1234567Z {line}"),
    "gh run view": stamped("test (3.11)\tRun tests\t2024-05-01T12:00:{n2}.1234567Z {line}"),
    "github colours": stamped("2024-05-01T12:00:{n2}.1234567Z {line}").replace("FAILED", "\x1b[31mFAILED\x1b[0m"),
    "gitlab": stamped("2024-05-01T12:00:{n2}.123456Z 00O {line}"),
    "gitlab sections": "section_start:1560896352:step_script\r\x1b[0K\x1b[0KExecuting\n"
    + PLAIN.replace("=============================", "\x1b[0K=============================", 1)
    + "section_end:1560896353:step_script\r\x1b[0K",
    "compose": "\n".join(
        f"{name} | {line}"
        for line in PLAIN.splitlines()
        for name, line in (
            ("tests-1 ", line),
            ("redis-1 ", "1:M 01 May 2024 * Ready"),
            ("db_1    ", "LOG: a::b FAILED"),
        )
    ),
    "buildkite": stamped("\x1b_bk;t=17145648{n}\x07{line}"),
    "azure": stamped("2024-05-01T12:00:{n2}.1234567Z {line}").replace("Run pytest", "##[section]Run pytest"),
    "jenkins": stamped("[2024-05-01T12:00:{n2}.123Z] {line}"),
    "clock": stamped("12:00:{n2}  {line}"),
    "parallel stage": stamped("[unit] {line}"),
    "copied colours": PLAIN.replace("PASSED", "[32mPASSED[0m").replace("FAILED", "[31m[1mFAILED[0m"),
    "symbols for escapes": PLAIN.replace("PASSED", "\u241b[32mPASSED\u241b[0m"),
    "progress bars": PLAIN.replace("created:", "\rcreating 1/2\rcreated:"),
}


def check_plain(recording: Recording) -> None:
    lanes = {lane.worker: [(test.nodeid, test.outcome) for test in lane.tests] for lane in recording.lanes}
    assert lanes == {
        "gw0": [("tests/a.py::test_one", "passed"), ("tests/a.py::test_two[x - y]", "failed")],
        "gw1": [("tests/b.py::test_three", "passed"), ("tests/b.py::test_four", "skipped")],
    }
    assert (recording.seed, recording.dist, recording.workers, recording.collected) == (123, "loadfile", 2, 4)
    assert recording.plugins == ("randomly-3.15.0", "xdist-3.5.0")
    assert (recording.python, recording.pytest) == ("3.11.7", "8.0.0")
    assert recording.rootdir == "/home/runner/work/app/app"
    (failure,) = recording.failures
    assert (failure.nodeid, failure.phase, failure.worker) == ("tests/a.py::test_two[x - y]", "call", "gw0")
    assert failure.type == "redis.exceptions.ConnectionError"
    assert (failure.message, failure.where) == ("Error 111 - refused", "tests/a.py:12")
    (lane,) = recording.failing_lanes()
    assert lane.worker == "gw0"
    assert lane.upto("tests/a.py::test_two[x - y]") == ("tests/a.py::test_one", "tests/a.py::test_two[x - y]")
    assert recording.notes == ()


@pytest.mark.parametrize("name", DECORATED)
def test_what_ci_puts_around_is_taken_off(name: str) -> None:
    """The recording is the same, whatever stands before, behind or inside of the lines."""
    check_plain(read_log(DECORATED[name]))


def test_gitlab_joins_long_lines() -> None:
    """A `+` behind the stream mark continues the line before."""
    text = stamped("2024-05-01T12:00:{n2}.123456Z 01O {line}")
    text = text.replace("PASSED tests/a.py", "PASSED \n2024-05-01T12:00:00.123456Z 01O+tests/a.py")
    check_plain(read_log(text))


def read(text: str) -> Recording:
    return read_log(dedent(text).lstrip("\n"))


def outcomes(recording: Recording, worker: str = "main") -> list[tuple[str, str]]:
    return [(test.nodeid, test.outcome) for lane in recording.lanes if lane.worker == worker for test in lane.tests]


def test_two_lines_on_one() -> None:
    """Two workers' lines without a line feed between them, and a print before one."""
    recording = read(
        """
        [gw0] [  1%] PASSED t.py::a [gw1] [  2%] FAILED t.py::b
        some server says hello[gw1] [  3%] PASSED t.py::c
        """
    )
    assert outcomes(recording, "gw0") == [("t.py::a", "passed")]
    assert outcomes(recording, "gw1") == [("t.py::b", "failed"), ("t.py::c", "passed")]


def test_a_crashed_worker() -> None:
    """The test that ran when a worker died is that lane's last, and failed; the new worker is a lane of its own."""
    recording = read(
        """
        [gw0] [ 20%] PASSED t.py::a
        [gw0] node down: Not properly terminated
        replacing crashed worker gw0
        [gw1] [ 40%] PASSED t.py::b
        [gw2] [ 60%] PASSED t.py::c
        [gw0] [ 80%] FAILED t.py::dies
        ============= FAILURES =============
        _____________ t.py _________________
        worker 'gw0' crashed while running 't.py::dies'
        ===== 1 failed, 3 passed in 1.0s =====
        """
    )
    assert outcomes(recording, "gw0") == [("t.py::a", "passed"), ("t.py::dies", "failed")]
    assert recording.crashed == ("t.py::dies",)
    assert "A worker crashed while it ran t.py::dies." in recording.notes
    assert [(failure.nodeid, failure.type) for failure in recording.failures] == [("t.py::dies", "Crash")]


def test_reruns() -> None:
    """A rerun is an attempt of its own in the lane and no second place in the order; the last attempt counts."""
    recording = read(
        """
        t.py::a RERUN [ 33%]
        t.py::a PASSED [ 33%]
        t.py::b RERUN [ 66%]
        t.py::b FAILED [ 66%]
        t.py::c ERROR [100%]
        === 1 failed, 1 passed, 1 error, 2 rerun in 1.0s ===
        """
    )
    assert [outcome for _, outcome in outcomes(recording)] == ["rerun", "passed", "rerun", "failed", "error"]
    (lane,) = recording.lanes
    assert lane.order == ("t.py::a", "t.py::b", "t.py::c")
    assert lane.failed == ("t.py::b", "t.py::c")
    assert recording.notes == ()


def test_prints_among_the_outcomes() -> None:
    """With -s an outcome comes behind what the test printed; a print's own words are none where a better one comes."""
    recording = read(
        """
        tests/a.py::test_quiet PASSED
        tests/a.py::test_talks hello
        it FAILED to impress
        PASSED
        tests/a.py::test_glued connecting...PASSED
        tests/a.py::test_param[a b] some text
        more PASSED
        tests/a.py::test_live
        -------------------------------- live log call ---------------------------------
        INFO     root:a.py:1 message
        FAILED                                                                   [ 80%]
        tests/a.py::test_lost and found
        tests/a.py::test_last PASSED
        """
    )
    assert outcomes(recording) == [
        ("tests/a.py::test_quiet", "passed"),
        ("tests/a.py::test_talks", "passed"),
        ("tests/a.py::test_glued", "passed"),
        ("tests/a.py::test_param[a b]", "passed"),
        ("tests/a.py::test_live", "failed"),
        ("tests/a.py::test_lost", "unknown"),
        ("tests/a.py::test_last", "passed"),
    ]
    assert any("The outcome of 1 tests is lost" in note for note in recording.notes)


def test_odd_forms_of_a_line() -> None:
    """A test from a base class in another file, a reason over several lines, durations, counts, words inside of ids."""
    recording = read(
        """
        tests/a.py::TestA::test_x <- tests/base.py PASSED [ 10%]
        tests/a.py::test_y SKIPPED (a reason that
        goes on) [ 20%]
        tests/a.py::test_z[PASSED] FAILED [3/9]
        tests/a.py::test_z[a FAILED b] PASSED 0.12s
        tests/a.py::test_z[x SKIPPED (y) z] XFAIL (see [ 5%]) [ 60%]
        docs/x.rst::x.rst PASSED
        tests/a b.py::test_blank PASSED
        """
    )
    assert outcomes(recording) == [
        ("tests/a.py::TestA::test_x", "passed"),
        ("tests/a.py::test_y", "skipped"),
        ("tests/a.py::test_z[PASSED]", "failed"),
        ("tests/a.py::test_z[a FAILED b]", "passed"),
        ("tests/a.py::test_z[x SKIPPED (y) z]", "xfailed"),
        ("docs/x.rst::x.rst", "passed"),
        ("tests/a b.py::test_blank", "passed"),
    ]


def test_a_log_that_ends_in_a_test() -> None:
    """A job that was killed: the test that was running is the lane's last, and bad."""
    recording = read("===== test session starts =====\nt.py::a PASSED [ 50%]\nt.py::hangs \n")
    assert outcomes(recording) == [("t.py::a", "passed"), ("t.py::hangs", "unfinished")]
    assert recording.failing_lanes()[0].failed == ("t.py::hangs",)
    assert "The log ends while t.py::hangs runs." in recording.notes


def test_several_runs() -> None:
    """The last run that failed is read; the note says how many there are and where it begins."""
    one = "===== test session starts =====\nt.py::{name} {word}\n===== 1 {count} in 0.1s =====\n"
    passed, failed = (
        one.format(name="p", word="PASSED", count="passed"),
        one.format(name="f", word="FAILED", count="failed"),
    )
    recording = read_log(failed.replace("::f", "::g") + failed + passed)
    assert recording.failed == ("t.py::f",)
    assert recording.notes == ("The log holds 3 runs of pytest; the one that begins at line 4 is read.",)
    assert read_log(passed + passed.replace("::p", "::q")).lanes[0].order == ("t.py::q",)
    quiet = "t.py::r FAILED\n1 failed in 0.1s\n"
    assert read_log(passed + quiet).failed == ("t.py::r",)


def test_pytest_in_pytest() -> None:
    """A log inside of a traceback is not a run."""
    inner = "===== test session starts =====\nx.py::inner FAILED\n===== 1 failed in 0.1s =====\n"
    text = "===== test session starts =====\nt.py::a FAILED [ 50%]\nt.py::b PASSED [100%]\n"
    text += "===== FAILURES =====\n_____ a _____\nE   assert 0\n\nt.py:3: AssertionError\n"
    text += f"----- Captured stdout call -----\n{inner}"
    text += "===== short test summary info =====\nFAILED t.py::a - assert 0\n===== 1 failed, 1 passed in 0.1s =====\n"
    recording = read_log(text)
    assert recording.lanes[0].order == ("t.py::a", "t.py::b")
    assert [(f.nodeid, f.type, f.where) for f in recording.failures] == [("t.py::a", "AssertionError", "t.py:3")]


def test_lines_that_are_missing() -> None:
    """pytest's own count is held against the lanes."""
    recording = read_log("t.py::a PASSED\nt.py::c FAILED\n===== 1 failed, 2 passed in 0.1s =====\n")
    assert recording.notes == (
        "pytest counted 3 tests that ran to their call's end, and the log shows 2: lines are missing or torn.",
    )


def test_the_summary_alone() -> None:
    """Ids with " - " are split at the right place where the lanes know them, else outside of brackets."""
    recording = read(
        """
        t.py::a[x - y] - z PASSED
        t.py::b[x - y] FAILED
        ===== short test summary info =====
        FAILED t.py::b[x - y] - ValueError: a - b
        FAILED u.py::only[p - q] - assert 1 == 2
        ERROR u.py::setup - redis.exceptions.TimeoutError: slow
        ERROR u.py::quiet
        ERROR tests/broken.py - ImportError: no module
        SKIPPED [1] u.py:3: why
        ===== 2 failed in 0.1s =====
        """
    )
    found = {(failure.nodeid, failure.phase, failure.type, failure.message) for failure in recording.failures}
    assert found == {
        ("t.py::b[x - y]", "call", "ValueError", "a - b"),
        ("u.py::only[p - q]", "call", "AssertionError", "assert 1 == 2"),
        ("u.py::setup", None, "redis.exceptions.TimeoutError", "slow"),
        ("u.py::quiet", None, "", ""),
    }
    assert set(recording.failed) == {"t.py::b[x - y]", "u.py::only[p - q]", "u.py::setup", "u.py::quiet"}


def test_tests_of_one_name_and_a_chain_of_exceptions() -> None:
    """A traceback goes to its worker's and its file's test; of a chain the last exception is the failure."""
    recording = read(
        """
        [gw0] [ 25%] FAILED a.py::test_same
        [gw1] [ 50%] FAILED b.py::test_same
        [gw1] [ 75%] FAILED c.py::test_same
        ===== FAILURES =====
        _____ test_same _____
        [gw1] linux -- Python 3.11.7 /usr/bin/python
        c.py:1: in test_same
            x()
        E   KeyError: 'first'

        During handling of the above exception, another exception occurred:
        c.py:3: in test_same
            y()
        lib/z.py:9: in y
            raise
        E   RuntimeError: Event loop is closed
        E
        E   and more
        _____ test_same _____
        [gw1] linux -- Python 3.11.7 /usr/bin/python
        b.py:1: in test_same
        E   assert 0
        _____ test_same _____
        [gw0] linux -- Python 3.11.7 /usr/bin/python
        E   Failed: Timeout >1.0s
        """
    )
    assert {f.nodeid: (f.type, f.message, f.worker) for f in recording.failures} == {
        "c.py::test_same": ("RuntimeError", "Event loop is closed\n\nand more", "gw1"),
        "b.py::test_same": ("AssertionError", "assert 0", "gw1"),
        "a.py::test_same": ("Failed", "Timeout >1.0s", "gw0"),
    }
    failure = recording.failure_of("c.py::test_same")
    assert failure is not None
    assert failure.where == "lib/z.py:9"


@pytest.mark.parametrize(
    ("name", "mode"),
    [
        *(("Load", "load"), ("LoadScope", "loadscope"), ("LoadFile", "loadfile"), ("LoadGroup", "loadgroup")),
        *(("WorkStealing", "worksteal"), ("Each", "each")),
    ],
)
def test_distribution_modes(name: str, mode: str) -> None:
    """The scheduler's name says the mode."""
    recording = read_log(f"scheduling tests via {name}Scheduling\n[gw0] [100%] PASSED a.py::t\n")
    assert recording.dist == mode


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "The log is empty"),
        ("   \n", "The log is empty"),
        ("npm test\nok\n", "No run of pytest is in the log"),
        (
            "===== test session starts =====\ncollected 0 items\n===== no tests ran in 0.01s =====\n",
            "in which no test ran",
        ),
        (" tests/a.py \u2713\u2713 100% \u2588\u2588\u2588\n", "pytest-sugar"),
        ("<html></html>", "No run of pytest"),
        ("<?xml version='1.0'?><html/>", "The XML is a <html>, not JUnit's <testsuites>"),
        ("<testsuites><testsuite>", "begins as XML and is none"),
        ("<testsuites/>", "No test is in the JUnit XML"),
        ('<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "b">]><testsuites/>', "declares a document type"),
        ("<testsuites><testsuite tests='x'><testcase/></testsuite></testsuites>", ""),
    ],
)
def test_what_is_no_log_is_said(text: str, said: str) -> None:
    """One sentence with the mend."""
    if not said:
        assert read_log(text).format == "junit"
        return
    with pytest.raises(LogError) as caught:
        read_log(text)
    assert said in str(caught.value)
    assert str(caught.value).endswith(".")


def test_files_of_other_encodings(tmp_path: Path) -> None:
    """UTF-16 from PowerShell, broken UTF-8, a zip archive, a missing file."""
    file = tmp_path / "job.log"
    file.write_bytes(PLAIN.encode("utf-16"))
    check_plain(read_log_file(file))
    file.write_bytes(b"\xef\xbb\xbf" + PLAIN.encode() + b"\xff\xfe broken")
    check_plain(read_log_file(file))
    file.write_bytes(b"PK\x03\x04...")
    with pytest.raises(LogError, match="is a zip archive: unpack it"):
        read_log_file(file)
    with pytest.raises(LogError, match="cannot be read"):
        read_log_file(tmp_path / "none.log")


parameters = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Zl", "Zp"]), min_size=1, max_size=12)
names = st.one_of(
    st.builds("test_{}".format, st.integers(0, 9)),
    st.builds("test_p[{}]".format, parameters.map(lambda text: re.sub(r"\s+", " ", text).strip() or "x")),
)
ids = st.builds("tests/{}.py::{}".format, st.sampled_from(["a", "b", "a b", "ü"]), names)
words = st.sampled_from(["PASSED", "FAILED", "ERROR", "SKIPPED", "XFAIL", "XPASS"])
runs = st.lists(
    st.tuples(st.sampled_from(["gw0", "gw1", "gw10"]), ids, words), unique_by=lambda run: run[1], min_size=1
)


@given(runs, st.booleans())
def test_any_ids_are_read_back(run: list[tuple[str, str, str]], workers: bool) -> None:
    """Lines as pytest writes them give their ids, whatever stands in the brackets."""
    text = "===== test session starts =====\n"
    expected: dict[str, list[str]] = {}
    for at, (worker, nodeid, word) in enumerate(run):
        percent = f"[{at % 100:3d}%]"
        text += f"[{worker}] {percent} {word} {nodeid} \n" if workers else f"{nodeid} {word}{percent:>20}\n"
        expected.setdefault(worker if workers else "main", []).append(nodeid)
    recording = read_log(text)
    assert {lane.worker: list(lane.order) for lane in recording.lanes} == expected
    assert set(recording.failed) == {nodeid for _, nodeid, word in run if word in ("FAILED", "ERROR")}


@given(st.text(max_size=300), st.lists(st.sampled_from(PLAIN.splitlines()), max_size=30))
def test_any_text_is_read_or_refused(noise: str, lines: list[str]) -> None:
    """Lines in any order, with noise among them: a recording or one sentence, never another exception."""
    try:
        recording = read_log("\n".join([*lines[: len(lines) // 2], noise, *lines[len(lines) // 2 :]]))
    except LogError as error:
        assert "\n" not in str(error)
    else:
        assert recording.lanes or recording.files or recording.failed


@pytest.mark.parametrize("unit", ["a::b ", "[", "tests/a.py::", "SUBPASS [x] ", "= ", "\x1b]", "E   x: "], ids=repr)
def test_a_print_of_a_megabyte_is_no_trap(unit: str) -> None:
    """However long a line is, the log is read to its end, and what stands around that line as well."""
    log = f"""
===== test session starts =====
tests/test_a.py::test_one PASSED [ 50%]
{unit * (1_000_000 // len(unit))}
tests/test_a.py::test_two {unit * 100_000}
FAILED [100%]
===== FAILURES =====
_____ test_two _____
E   {unit * 100_000}
tests/test_a.py:3: AssertionError
===== short test summary info =====
FAILED tests/test_a.py::test_two - {unit * 100_000}
===== 1 failed, 1 passed in 0.1s =====
"""
    assert "tests/test_a.py::test_two" in " ".join(read_log(log).failed)
