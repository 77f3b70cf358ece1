"""Other interpreters: those on PATH, environments made with them, and a suite that each must give one answer for."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

MATRIX = "TESTS_OF_OTHER_PYTHONS"
"""The variable that asks for the tests of other interpreters."""

VERSIONS = ("3.8", "3.9", "3.10", "3.11", "3.12", "3.13")

_PROBE = "import ensurepip, sys, venv; print('%d.%d' % sys.version_info[:2])"


class Unavailable(Exception):
    """Something outside of this project is missing. The text says what."""


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "it says nothing"


def interpreter(version: str) -> str:
    """The first `python{version}` on PATH that runs, is of that version and can make environments.

    Raises Unavailable. A name on PATH says little: version managers put one there for interpreters that they do
    not run.
    """
    reasons = []
    for folder in dict.fromkeys(os.environ.get("PATH", os.defpath).split(os.pathsep)):
        path = Path(folder, f"python{version}")
        if not path.is_file():
            continue
        done = subprocess.run([path, "-c", _PROBE], capture_output=True, text=True)
        if done.returncode == 0 and done.stdout.strip() == version:
            return str(path)
        reasons.append(f"{path}: {_last_line(done.stderr or done.stdout)}")
    raise Unavailable(f"no python{version} on PATH runs ({'; '.join(reasons) or 'there is none'})")


def environment(python: str, folder: Path, requirements: Sequence[str]) -> str:
    """Make a virtual environment with `requirements` in `folder`; return its interpreter. Raises Unavailable."""
    subprocess.run([python, "-m", "venv", str(folder)], check=True, capture_output=True)
    made = str(folder / "bin" / "python")
    command = [made, "-m", "pip", "install", "-q", "--disable-pip-version-check", "--prefer-binary", *requirements]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise Unavailable(f"pip installs nothing from the index: {_last_line(done.stderr)}")
    return made


SYNC = """
STATE = []

def test_victim(tmp_path):
    assert not STATE

def test_bystander(capfd):
    print("seen")
    assert capfd.readouterr().out == "seen\\n"

def test_polluter():
    STATE.append(1)
"""

# A future that nobody sets, bound to the loop of the test that made it.
_HELD = """
import asyncio
import unittest

import pytest

class Held:
    future = None

async def use():
    if Held.future is None:
        return 1
    return await Held.future

async def bind():
    Held.future = asyncio.get_running_loop().create_future()
"""

RUN = f"""{_HELD}
def test_victim():
    assert asyncio.run(use()) == 1

def test_polluter():
    asyncio.run(bind())
"""

UNITTEST = f"""{_HELD}
class TestCase(unittest.IsolatedAsyncioTestCase):
    async def test_a_victim(self):
        self.assertEqual(await use(), 1)

    async def test_polluter(self):
        await bind()
"""

ASYNCIO = f"""{_HELD}
@pytest.mark.asyncio
async def test_victim():
    assert await use() == 1

@pytest.mark.asyncio
async def test_polluter():
    await bind()
"""

ANYIO = f"""{_HELD}
@pytest.fixture
def anyio_backend():
    return "asyncio"

@pytest.mark.anyio
async def test_victim():
    assert await use() == 1

@pytest.mark.anyio
async def test_polluter():
    await bind()
"""

BRITTLE = """
STATE = []

def test_setter():
    STATE.append(1)

def test_brittle():
    assert STATE
"""

_ALWAYS = {"test_brittle.py": BRITTLE, "test_run.py": RUN, "test_sync.py": SYNC, "test_unittest.py": UNITTEST}
_WITH = {"pytest-asyncio": ("test_asyncio.py", ASYNCIO), "anyio": ("test_anyio.py", ANYIO)}


def write_suite(root: Path, ini: str, plugins: Sequence[str]) -> set[tuple[str, str, str]]:
    """Write the suite for these `plugins`; return what is to be found: (kind, victim, polluter or setter)."""
    files = dict(_ALWAYS)
    for name, (file, source) in _WITH.items():
        if any(plugin.startswith(name) for plugin in plugins):
            files[file] = source
    (root / "tests").mkdir(parents=True)
    (root / "pytest.ini").write_text(f"[pytest]\n{ini}")
    expected = set()
    for file, source in files.items():
        (root / "tests" / file).write_text(source)
        where = f"tests/{file}::"
        if file == "test_brittle.py":
            expected.add(("brittle", f"{where}test_brittle", f"{where}test_setter"))
        elif file == "test_unittest.py":
            expected.add(("victim", f"{where}TestCase::test_a_victim", f"{where}TestCase::test_polluter"))
        else:
            expected.add(("victim", f"{where}test_victim", f"{where}test_polluter"))
    return expected
