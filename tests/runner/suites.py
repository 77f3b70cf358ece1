"""The suite that the contract is held on: once as files, once as rules."""

from __future__ import annotations

from pathlib import Path

from bisect_loop.model import Signature
from tests.fakes import Rule

FILE = "tests/test_contract.py"

SOURCE = """
import os, signal, sys, time
import pytest

STATE = []

def test_polluter():
    STATE.append(1)

def test_cleaner():
    STATE.clear()

def test_victim():
    assert not STATE

@pytest.mark.parametrize("text", ["a b", "x::y", "[z]", "'q'", "ü", "a\\nb"])
def test_odd(text):
    pass

def test_exit():
    os._exit(3)

def test_signal():
    os.kill(os.getpid(), signal.SIGSEGV)

def test_hang():
    while True:
        time.sleep(60)

def test_skip():
    pytest.skip("not here")

@pytest.fixture
def torn():
    yield
    raise RuntimeError("teardown")

def test_teardown(torn):
    pass

def test_loud():
    for _ in range(160):
        print("x" * 65536)
        os.write(2, b"y" * 65536)

def test_grandchild():
    import subprocess
    subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)

def test_stop():
    pytest.exit("enough")

@pytest.mark.xfail(strict=True)
def test_strict():
    pass

@pytest.mark.xfail
def test_expected():
    assert 0

class TestClass:
    def test_method(self, tmp_path):
        assert str(tmp_path).startswith(os.environ["TMPDIR"])
"""


def nodeid(name: str) -> str:
    return f"{FILE}::{name}"


RULES = (
    Rule(
        nodeid("test_victim"),
        (nodeid("test_polluter"),),
        (nodeid("test_cleaner"),),
        Signature("AssertionError", f"{FILE}:14", "assert not [1]", "call"),
    ),
    Rule(nodeid("test_exit"), how="crash"),
    Rule(nodeid("test_signal"), how="crash"),
    Rule(nodeid("test_hang"), how="hang"),
    Rule(nodeid("test_skip"), how="skip"),
    Rule(nodeid("test_teardown"), how="teardown"),
)


def write(root: Path) -> Path:
    (root / "tests").mkdir(parents=True)
    (root / FILE).write_text(SOURCE, encoding="utf-8")
    (root / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    return root
