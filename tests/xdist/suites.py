"""Suites for pytest-xdist: written to a folder, with no plugin but xdist, because each worker loads them all."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from bisect_loop.runner.target import without_outer_pytest

INI = "[pytest]\naddopts = -p xdist\nmarkers = xdist_group\n"


def environ() -> dict[str, str]:
    return {**without_outer_pytest(os.environ), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "COLUMNS": "120"}


def write(root: Path, files: Mapping[str, str], ini: str = INI) -> Path:
    for name, text in {"pytest.ini": ini, **files}.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


# Every test writes its own id to a file of its worker; some carry a group, and one file has classes.
LOGGED = {
    "conftest.py": """
import os, sys
import pytest

AT_IMPORT = os.environ.get("PYTEST_XDIST_WORKER")

def pytest_configure_node(node):
    node.workerinput["token"] = "t-" + node.gateway.id

@pytest.fixture(autouse=True)
def logged(request, worker_id, testrun_uid, tmp_path_factory):
    config = request.config
    assert os.environ["PYTEST_XDIST_WORKER"] == worker_id == AT_IMPORT
    assert os.environ["PYTEST_XDIST_WORKER_COUNT"] == str(config.workerinput["workercount"]) == "2"
    assert os.environ["PYTEST_XDIST_TESTRUNUID"] == testrun_uid
    assert config.workerinput["token"] == "t-" + worker_id
    assert tmp_path_factory.getbasetemp().name == "popen-" + worker_id
    assert not [name for name in os.environ if "BISECT_LOOP" in name]
    assert not [path for path in sys.path if path.endswith("stage")]
    with open(os.environ["LOG_FOLDER"] + "/" + worker_id, "a") as log:
        nodeid = request.node.nodeid
        log.write((nodeid[:-2] if nodeid.endswith("@g") else nodeid) + "\\n")
""",
    "test_a.py": """
import pytest

@pytest.mark.parametrize("i", range(6))
def test_a(i): pass
""",
    "test_b.py": """
import pytest

@pytest.mark.xdist_group("g")
def test_first(): pass

def test_second(): pass

@pytest.mark.xdist_group(name="g")
@pytest.mark.parametrize("i", ["x::y", "@z"])
def test_third(i): pass
""",
    "test_c.py": """
class TestOne:
    def test_x(self): pass
    def test_y(self): pass

class TestTwo:
    def test_x(self): pass
    def test_y(self): pass
""",
}

ENDING = {
    "test_e.py": """
import os, time

def test_before(): pass

def test_ends():
    if os.environ["HOW"] == "crash":
        os._exit(3)
    while os.environ["HOW"] == "hang":
        time.sleep(60)

def test_after(): pass
""",
    "test_f.py": """
def test_f1(): pass
def test_f2(): pass
def test_f3(): pass
""",
}

# Each test waits until the other has started, in both of the places that workers share: only side by side they pass.
MEETING = {
    "test_m.py": """
import pathlib, tempfile, time

def meet(factory, mine, other):
    for folder in (pathlib.Path(tempfile.gettempdir()), factory.getbasetemp().parent):
        (folder / mine).touch()
        until = time.monotonic() + 60
        while not (folder / other).exists():
            assert time.monotonic() < until
            time.sleep(0.01)

def test_one(tmp_path_factory):
    meet(tmp_path_factory, "one", "two")

def test_two(tmp_path_factory):
    meet(tmp_path_factory, "two", "one")
"""
}
