"""Which fixtures a test requests, and how a test or a fixture comes to request one more."""

from __future__ import annotations

from pathlib import Path

import pytest

from bisect_loop.fixes.ground import Files, Ground
from bisect_loop.fixes.requested import requested
from bisect_loop.fixes.requesting import with_parameter, with_usefixtures
from bisect_loop.model import Finding, Signature

OUTER = """
import pytest

@pytest.fixture(autouse=True)
def always(): ...

@pytest.fixture(scope="session")
def database(): ...

@pytest.fixture
def store(database): ...

@pytest.fixture
def unused(): ...
"""
INNER = """
from pytest import fixture

@fixture(name="store")
def a_store_of_our_own(): ...
"""
TESTS = """
class TestStore:
    def test_x(self, store): ...

def test_y(store): ...
"""


def test_fixtures_are_found_as_pytest_finds_them(tmp_path: Path) -> None:
    """The nearest of a name, autouse ones, and those that they request; nothing that nobody asks for."""
    for folder, conftest in (("tests", OUTER), ("tests/sub", INNER), ("tests/other", "def broken(:")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "conftest.py").write_text(conftest)
        (tmp_path / folder / "test_it.py").write_text(TESTS)
    finding = Finding("victim", "v", Signature("E", "", "", "call"), ("v",))
    ground = Ground(finding, None, Files(tmp_path))

    def of(nodeid: str) -> list[str]:
        return [f"{one.path.removesuffix('conftest.py')}{one.name}" for one in requested(ground, nodeid)]

    assert of("tests/test_it.py::TestStore::test_x[1]") == ["tests/always", "tests/store", "tests/database"]
    assert of("tests/sub/test_it.py::test_y") == ["tests/always", "tests/sub/store"]
    assert of("tests/other/test_it.py::test_y") == ["tests/always", "tests/store", "tests/database"]
    assert of("tests/gone.py::test_y") == ["tests/always"]


@pytest.mark.parametrize(
    ("head", "wanted"),
    [
        ("def f():", "def f(new):"),
        ("def f(a):", "def f(a, new):"),
        ("def f(a, *rest):", "def f(a, new, *rest):"),
        ("def f(\n    a,  # first\n):", "def f(\n    a,  # first\n    new,\n):"),
        ("def f(\n    a,\n    b,  # second\n):", "def f(\n    a,\n    b,  # second\n    new,\n):"),
    ],
)
def test_a_parameter_is_added_in_the_style_of_the_others(head: str, wanted: str) -> None:
    """What a comment is about stays before it; a second time nothing is added."""
    text = f"@pytest.fixture\n{head}\n    return 1  # one\n"
    after = with_parameter(text, 2, "new")

    assert after == text.replace(head, wanted)
    assert with_parameter(after, 2, "new") is None


def test_a_test_uses_one_more_fixture() -> None:
    """The mark stands above the others, on a function and on a method alike; a second time nothing is added."""
    text = "class A:\n    # about it\n    @slow\n    def test_x(self): ...\n"
    after = with_usefixtures(text, ["A", "test_x"], "new")

    assert after is not None
    assert '    # about it\n    @pytest.mark.usefixtures("new")\n    @slow\n    def test_x(self): ...\n' in after
    assert after.startswith("import pytest\n")
    assert with_usefixtures(after, ["A", "test_x"], "new") is None
    assert with_usefixtures(text, ["test_x"], "new") is None
