"""From the ids in a log to those that are collected here."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bisect_loop.ingest import Lane, Recording, Seen, read_log, resolve
from bisect_loop.ingest.junit import case_id, xml_names


def lane(*ids: str, failed: str = "") -> Recording:
    tests = tuple(Seen(nodeid, "failed" if nodeid == failed else "passed", raw=nodeid) for nodeid in ids)
    return Recording("console", (Lane("gw0", tests),), failed=(failed,) if failed else ())


def order_of(recording: Recording) -> tuple[str, ...]:
    return recording.lanes[0].order


def test_ids_that_differ_in_form() -> None:
    """xdist's group, a print behind the id, a directory more or less, "../" in front."""
    collected = ["tests/a.py::t", "tests/a.py::t[x y]", "tests/b.py::TestB::u", "c.py::v", "tests/d.py::w@home"]
    recording = lane(
        *("tests/a.py::t@group", "tests/a.py::t[x y] printed text", "backend/tests/b.py::TestB::u", "sub/c.py::v@g"),
        "../tests/d.py::w@home",
        failed="backend/tests/b.py::TestB::u",
    )
    resolution = resolve(recording, collected)
    assert not resolution.missing
    assert order_of(resolution.recording) == tuple(collected)
    assert resolution.recording.failed == ("tests/b.py::TestB::u",)


def test_what_is_missing_or_ambiguous_is_said() -> None:
    """Such ids are left out of the lanes, and named."""
    collected = ["x/tests/a.py::t", "y/tests/a.py::t", "z.py::u"]
    resolution = resolve(lane("tests/a.py::t", "gone.py::v", "z.py::u", failed="tests/a.py::t"), collected)
    assert resolution.missing == ("gone.py::v",)
    assert resolution.ambiguous == (("tests/a.py::t", ("x/tests/a.py::t", "y/tests/a.py::t")),)
    assert order_of(resolution.recording) == ("z.py::u",)
    assert resolution.recording.failed == ()
    assert resolution.recording.notes == (
        "The log has tests that are not collected here: gone.py::v.",
        "tests/a.py::t could be any of x/tests/a.py::t, y/tests/a.py::t: it is left out of the order.",
    )


def junit(*cases: tuple[str, str]) -> str:
    body = "".join(f'<testcase classname="{classname}" name="{name}"/>' for classname, name in cases)
    return f"<testsuites><testsuite>{body}</testsuite></testsuites>"


def test_junit_names_and_their_collisions() -> None:
    """Two files may give one classname: both are named; a prefix of the suite is looked through."""
    collected = ["tests/a.b.py::t", "tests/a/b.py::t", "tests/a.py::C::u[1.5::x]", "tests/a.py::v"]
    text = junit(("tests.a.b", "t"), ("tests.a.C", "u[1.5::x]"), ("py311.tests.a", "v"), ("a", "v"), ("tests.q", "z"))
    resolution = resolve(read_log(text), collected)
    assert resolution.ambiguous == (("tests.a.b::t", ("tests/a.b.py::t", "tests/a/b.py::t")),)
    assert resolution.missing == ("tests.q::z",)
    assert order_of(resolution.recording) == ("tests/a.py::C::u[1.5::x]", "tests/a.py::v")


def test_the_older_family_names_the_file() -> None:
    """With `file` the id is settled, classes included."""
    assert case_id("tests.a.TestA.TestB", "t[x]", "tests/a.py") == "tests/a.py::TestA::TestB::t[x]"
    assert case_id("tests.a", "t", "tests/a.py") == "tests/a.py::t"
    assert case_id("tests.a", "t", None) == "tests.a::t"


def test_dots_that_do_not_fit_stay_dots() -> None:
    """A letter too many, a seed, a failure in another place: nothing is made up."""
    dots = (
        "===== test session starts =====\n{}a.py {} [100%]\n===== short test summary info =====\nFAILED a.py::t2 - x\n"
    )
    collected = ["a.py::t1", "a.py::t2", "a.py::t3"]
    fitting = resolve(read_log(dots.format("", ".F.")), collected).recording
    assert order_of(fitting) == tuple(collected)
    assert fitting.failing_lanes()[0].upto("a.py::t2") == ("a.py::t1", "a.py::t2")
    for log in (dots.format("", ".F.."), dots.format("Using --randomly-seed=1\n", ".F."), dots.format("", "F..")):
        assert resolve(read_log(log), collected).recording.lanes == ()


def test_dots_with_reruns_and_a_failed_teardown() -> None:
    """R is an attempt, and the letter behind a test whose teardown failed is its own."""
    text = (
        "===== test session starts =====\na.py .RFE [100%]\n===== short test summary info =====\nERROR a.py::t2 - x\n"
    )
    text += "FAILED a.py::t2 - y\n===== 1 failed, 1 passed, 1 error in 0.1s =====\n"
    recording = read_log(text)
    # Without its traceback the summary does not say in which phase the error was.
    assert recording.failures[0].phase in (None, "teardown")


parts = st.text(st.sampled_from("abc_."), min_size=1, max_size=4).filter(lambda text: text.strip("."))
nodeids = st.builds(
    lambda path, names, parameter: "/".join(path) + ".py::" + "::".join(names) + parameter,
    st.lists(parts, min_size=1, max_size=3),
    st.lists(st.text(st.sampled_from("TtUu_1"), min_size=1, max_size=4), min_size=1, max_size=3),
    st.one_of(st.just(""), st.text(min_size=1, max_size=6).map(lambda text: f"[{text}]")),
)


@given(st.lists(nodeids, min_size=1, max_size=8, unique=True), st.data())
def test_junit_never_takes_the_wrong_test(collected: list[str], data: st.DataObject) -> None:
    """A test's own names lead to it alone, or to all that share them."""
    nodeid = data.draw(st.sampled_from(collected))
    classname, name = xml_names(nodeid)
    tests = (Seen(f"{classname}::{name}", "passed"),)
    resolution = resolve(Recording("junit", (Lane("main", tests),)), collected)
    if resolution.ambiguous:
        assert nodeid in resolution.ambiguous[0][1]
    else:
        assert order_of(resolution.recording) == (nodeid,)
