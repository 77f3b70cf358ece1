"""A suite whose ids, prints and failures make a log hard to read, and real runs of it with the truth beside them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

# Writes down, in the process that runs the tests, what is run and how it ends.
CONFTEST = """
import json, os
import pytest

def note(*what):
    name = os.environ.get("PYTEST_XDIST_WORKER", "main")
    with open(os.path.join(os.environ["TRUTH"], name), "a") as file:
        file.write(json.dumps(what) + "\\n")

def pytest_runtest_logstart(nodeid):
    if "PYTEST_XDIST_WORKER" in os.environ or not os.environ.get("HAS_WORKERS"):
        note("start", nodeid.rpartition("@")[0] or nodeid)

@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    report = (yield).get_result()
    if report.outcome == "failed":
        note("fail", item.nodeid.rpartition("@")[0] or item.nodeid, report.when)
"""
FILES = {
    "pytest.ini": "[pytest]\naddopts =\n",
    "conftest.py": CONFTEST,
    "tests/test_a.py": """
import pytest, sys

@pytest.mark.parametrize("x", ["a b", "x - y", "n::m", "[q]", "PASSED", "é", "a/b.py", "2\\nlines", "100%", "[gw0] x"])
def test_ids(x):
    assert x != "x - y", "boom - bang"

def test_prints():
    print("before PASSED")
    print("FAILED", end=" ")
    sys.stdout.write("no line feed ")

def test_prints_glued():
    sys.stdout.write("glued")

def test_skip():
    pytest.skip("a reason (deep) - FAILED here")

@pytest.mark.xfail
def test_xfail():
    assert 0

@pytest.mark.xfail
def test_xpass():
    pass
""",
    "tests/sub dir/test_b.py": """
import pytest

class Base:
    def test_inherited(self):
        pass

class TestOne(Base):
    @pytest.mark.xdist_group("group")
    def test_same_name(self):
        assert 0

class TestTwo(Base):
    @pytest.mark.xdist_group("group")
    def test_same_name(self):
        raise ConnectionError("two")

@pytest.fixture
def bad_setup():
    raise RuntimeError("setup - bad")

@pytest.fixture
def bad_teardown():
    yield
    try:
        raise KeyError("first")
    except KeyError:
        raise ValueError("teardown bad")

def test_setup(bad_setup):
    pass

def test_teardown(bad_teardown):
    print("hello")

def test_call_and_teardown(bad_teardown):
    assert [1] == [2]
""",
    "tests/test_c.py": """
import unittest

class Case(unittest.TestCase):
    def test_x(self):
        self.assertEqual(1, 1)

    def test_fails(self):
        self.fail("on purpose")

def test_same_name():
    assert "c" == "d"
""",
}
FAILED = {
    "tests/test_a.py::test_ids[x - y]": ("call", "AssertionError"),
    "tests/sub dir/test_b.py::TestOne::test_same_name": ("call", "AssertionError"),
    "tests/sub dir/test_b.py::TestTwo::test_same_name": ("call", "ConnectionError"),
    "tests/sub dir/test_b.py::test_setup": ("setup", "RuntimeError"),
    "tests/sub dir/test_b.py::test_teardown": ("teardown", "ValueError"),
    "tests/sub dir/test_b.py::test_call_and_teardown": ("call", "AssertionError"),
    "tests/test_c.py::Case::test_fails": ("call", "AssertionError"),
    "tests/test_c.py::test_same_name": ("call", "AssertionError"),
}


@dataclass(frozen=True)
class Run:
    """What one real run left: its log, its JUnit XML, the lanes as the processes recorded them."""

    log: str
    junit: str
    lanes: dict[str, list[str]]
    failed: set[tuple[str, str]]
    collected: list[str]


def run(place: Path, *args: str) -> Run:
    """Run pytest with `args` on the suite, which is written to `place`."""
    for name, text in FILES.items():
        path = place / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    truth = place / "truth"
    truth.mkdir()
    env = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "COV_", "CI"))}
    env |= {"TRUTH": str(truth), "PYTHONIOENCODING": "utf-8", "COLUMNS": "100", "PYTHONWARNINGS": "ignore"}
    if "-n" in args:
        env["HAS_WORKERS"] = "1"
    # Other plugins have no say here, and importing them would take longer than the run.
    env["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--junitxml", str(place / "j.xml"), *args]
    done = subprocess.run(command, cwd=place, env=env, capture_output=True, timeout=120, check=False)
    log = done.stdout.decode("utf-8")
    assert done.returncode == 1, log + done.stderr.decode("utf-8", "replace")
    lanes: dict[str, list[str]] = {}
    failed = set()
    for file in truth.iterdir():
        for line in file.read_text().splitlines():
            kind, nodeid, *when = json.loads(line)
            if kind == "start":
                lanes.setdefault(file.name, []).append(nodeid)
            else:
                failed.add((nodeid, when[0]))
    collected = sorted(nodeid for lane in lanes.values() for nodeid in lane)
    return Run(log, (place / "j.xml").read_text("utf-8"), lanes, failed, collected)
