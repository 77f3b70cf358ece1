"""What is written, to the character: formatting, comments and line ends of the user's files stay."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bisect_loop.fixes import restore
from bisect_loop.fixes.ground import Files, Ground
from bisect_loop.fixes.guard import guarded
from bisect_loop.fixes.model import Edit
from bisect_loop.fixes.options import configuration, with_options
from bisect_loop.fixes.own_loop import with_own_loop
from bisect_loop.fixes.patch import PatchError, applied, diff_of, reverted
from bisect_loop.fixes.python import Import, Source, appended, double_quoted, fresh, with_argument
from bisect_loop.fixes.scopes import marked, narrowed
from bisect_loop.model import Change, Finding, Signature

APP = '''\
"""The app."""

from __future__ import annotations
import os   # for the URL

CLIENT: Redis = Redis(  # shared
    host="x",
)

def create():
    app = make( )  # as it is
    if url := os.getenv("URL"):   # only in CI
        # two things
        bind(Redis(url))
        log("bound")
    bind(
        Redis(None)  # no URL
    )
    if app is None: return Redis(0)
    return app
'''


def changed(before: str, after: str) -> list[str]:
    """The lines that a diff takes away and adds."""
    lines = diff_of([Edit("f.py", before, after)]).splitlines()
    return [line for line in lines[2:] if line[0] in "+-"]


@pytest.mark.parametrize(
    ("line", "at", "wanted"),
    [
        pytest.param(
            14,
            12,
            [
                '-    if url := os.getenv("URL"):   # only in CI',
                '+    if "PYTEST_CURRENT_TEST" not in os.environ and (url := os.getenv("URL")):   # only in CI',
            ],
            id="joins the gate",
        ),
        pytest.param(
            17,
            16,
            [
                "-    bind(",
                "-        Redis(None)  # no URL",
                "-    )",
                '+    if "PYTEST_CURRENT_TEST" not in os.environ:',
                "+        bind(",
                "+            Redis(None)  # no URL",
                "+        )",
            ],
            id="wraps a call",
        ),
        pytest.param(
            7,
            6,
            ["-)", '+) if "PYTEST_CURRENT_TEST" not in os.environ else None'],
            id="a value becomes None",
        ),
        pytest.param(
            4 + 15,
            None,
            [],
            id="nothing to guard in one line of two statements",
        ),
    ],
)
def test_a_guard_is_all_that_changes(line: int, at: int | None, wanted: list[str]) -> None:
    """The statement, or the `if` that gates it, is guarded; everything else is left byte for byte."""
    made = guarded(APP, line, "PYTEST_CURRENT_TEST", ["URL"])

    if at is None:
        assert made is None
    else:
        assert made is not None
        assert made[1] == at
        assert changed(APP, made[0]) == wanted


def test_an_import_is_added_where_it_is_missing() -> None:
    """`import os` comes with the guard, behind the docstring and the future imports; line ends stay CRLF."""
    text = '"""Doc."""\r\nfrom __future__ import annotations\r\nimport app\r\n\r\napp.bind(1)\r\n'
    made = guarded(text, 5, "PYTEST_VERSION")

    assert made is not None
    assert made[0] == (
        '"""Doc."""\r\nfrom __future__ import annotations\r\nimport app\r\nimport os\r\n\r\n'
        'if "PYTEST_VERSION" not in os.environ:\r\n    app.bind(1)\r\n'
    )


@pytest.mark.parametrize(
    ("call", "wanted"),
    [
        ("f()", "f(a=1)"),
        ("f(x)", "f(x, a=1)"),
        ("f(\n    x,  # why\n    y=2,\n)", "f(\n    x,  # why\n    y=2,\n    a=1,\n)"),
        ("f(\n    x,\n)", "f(\n    x,\n    a=1,\n)"),
        ("f(\n    x, y\n)", "f(\n    x, y, a=1\n)"),
    ],
)
def test_an_argument_is_added_in_the_style_of_the_others(call: str, wanted: str) -> None:
    """One a line where they stand so, on the same line otherwise."""
    source = Source(f"v = {call}\n")

    assert with_argument(source, source.calls(1)[-1], "a", "1", ()) == f"v = {wanted}\n"


def test_an_argument_that_is_there_is_left_alone() -> None:
    """The user's own choice is not overridden."""
    source = Source("v = f(a=2)\n")

    assert with_argument(source, source.calls(1)[0], "a", "1", ()) is None


def test_code_is_appended_with_its_imports() -> None:
    """Two blank lines before it, imports where the others stand."""
    after = appended("import sys\n\nX = 1  # one\n\n\n", "def f():\n    pass\n", [Import("pytest")])

    assert after == "import sys\nimport pytest\n\nX = 1  # one\n\n\ndef f():\n    pass\n"


def test_a_new_file_has_its_imports_in_groups() -> None:
    """Those of the standard library, installed ones and the project's own, as isort has them; double quotes."""
    imports = [Import("pytest"), Import("shop.b"), Import("os"), Import("shop", "a"), Import("logging", None, "log")]
    code = double_quoted("def f():\n    return shop.b['x'], 'say \"y\"', b'z'\n")
    after = fresh("Doc.", code, imports, lambda module: module.startswith("shop"))

    assert after == (
        '"""Doc."""\n\nimport logging as log\nimport os\n\nimport pytest\n\nimport shop.b\nfrom shop import a\n\n\n'
        'def f():\n    return shop.b["x"], \'say "y"\', b"z"\n'
    )


OPTIONS = {"asyncio_default_fixture_loop_scope": "session", "asyncio_default_test_loop_scope": "session"}


@pytest.mark.parametrize(
    ("files", "path", "wanted"),
    [
        pytest.param(
            {
                "pyproject.toml": """\
                [project]
                name = "x"

                [ tool . pytest . ini_options ]  # tests
                asyncio_default_fixture_loop_scope = "function"  # why
                addopts = [
                    "-q",
                ]

                [tool.ruff]
                """,
                "setup.cfg": "[tool:pytest]\n",
            },
            "pyproject.toml",
            [
                '-asyncio_default_fixture_loop_scope = "function"  # why',
                '+asyncio_default_fixture_loop_scope = "session"  # why',
                '+asyncio_default_test_loop_scope = "session"',
            ],
            id="pyproject",
        ),
        pytest.param(
            {
                "pytest.ini": "[pytest]\n# ours\naddopts =\n    -q\n    -x\n",
                "pyproject.toml": "[tool.pytest.ini_options]\n",
            },
            "pytest.ini",
            ["+asyncio_default_fixture_loop_scope = session", "+asyncio_default_test_loop_scope = session"],
            id="pytest.ini goes first",
        ),
        pytest.param(
            {"setup.cfg": "[metadata]\nname = x\n[tool:pytest]\nasyncio_default_test_loop_scope: module\n[x]\n"},
            "setup.cfg",
            [
                "-asyncio_default_test_loop_scope: module",
                "+asyncio_default_test_loop_scope: session",
                "+asyncio_default_fixture_loop_scope = session",
            ],
            id="setup.cfg",
        ),
        pytest.param(
            {"tox.ini": "[tox]\r\n[pytest]\r\naddopts = -q"},
            "tox.ini",
            [
                "-addopts = -q",
                "\\ No newline at end of file",
                "+asyncio_default_fixture_loop_scope = session\r",
                "+asyncio_default_test_loop_scope = session\r",
                "+addopts = -q\r",
            ],
            id="tox.ini with CRLF",
        ),
        pytest.param(
            {"pyproject.toml": "[project]\n"},
            "pytest.ini",
            [
                "+[pytest]",
                "+asyncio_default_fixture_loop_scope = session",
                "+asyncio_default_test_loop_scope = session",
            ],
            id="nowhere yet",
        ),
    ],
)
def test_options_are_set_where_pytest_reads_them(files: dict[str, str], path: str, wanted: list[str]) -> None:
    """Only the lines of the options change, whatever the file is."""
    texts = {name: dedent(text) for name, text in files.items()}
    where = configuration(texts.get)
    after, _ = with_options(where, OPTIONS)
    lines = diff_of([Edit(where.path, where.text, after)]).split("\n")[2:]

    assert where.path == path
    assert [line for line in lines if line[:1] in ("+", "-", "\\")] == wanted


LINES = st.lists(st.text("ab \t\r\x0c\u2028é", max_size=4), max_size=12)


@given(LINES, LINES, st.booleans(), st.booleans())
def test_a_diff_goes_forth_and_back(old: list[str], new: list[str], ended: bool, new_ended: bool) -> None:
    """Applied to the text before it gives the text after, and taken back the text before: every byte of both."""
    before = "\n".join(old) + "\n" * ended
    after = "\n".join(new) + "\n" * new_ended
    diff = diff_of([Edit("a b.py", before, after)])
    forth = applied(diff, lambda _: before)
    back = reverted(diff, lambda _: after)

    assert [edit.after for edit in forth] == [after] * (before != after)
    assert [edit.after for edit in back] == [before] * (before != after)


def test_a_diff_that_does_not_fit_is_refused() -> None:
    """A line that has changed, a file that is gone, a new file that is there already: nothing is guessed."""
    diff = diff_of([Edit("a.py", "1\n2\n3\n", "1\ntwo\n3\n"), Edit("b.py", None, "new\n")])

    with pytest.raises(PatchError, match=r"a\.py has changed around line 1"):
        applied(diff, {"a.py": "1\n2!\n3\n"}.get)
    with pytest.raises(PatchError, match=r"no a\.py any more"):
        applied(diff, {}.get)
    with pytest.raises(PatchError, match=r"b\.py is there already"):
        applied(diff, {"a.py": "1\n2\n3\n", "b.py": ""}.get)


def test_a_fixture_loses_its_scopes_and_nothing_else() -> None:
    """The decorator keeps its other arguments; without any it has no brackets."""
    text = '@pytest.fixture(scope="module")\ndef a():\n    pass\n\n\n'
    text += '@fixture(name="x", loop_scope="session")\ndef b(): ...\n'

    assert changed(text, narrowed(text, 2) or "") == ['-@pytest.fixture(scope="module")', "+@pytest.fixture"]
    assert changed(text, narrowed(text, 7) or "")[1:] == ['+@fixture(name="x")']


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (
            '"""Doc."""\nimport pytest\n\nX = 1\n',
            '"""Doc."""\nimport pytest\n\npytestmark = pytest.mark.asyncio(loop_scope="module")\n\nX = 1\n',
        ),
        (
            "import pytest\npytestmark = pytest.mark.slow  # yes\n",
            'import pytest\npytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]  # yes\n',
        ),
        (
            "import pytest\npytestmark = [pytest.mark.slow]\n",
            'import pytest\npytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]\n',
        ),
    ],
)
def test_tests_are_marked_beside_what_marks_them(text: str, wanted: str) -> None:
    """A pytestmark that is there gets one more mark; without one it stands behind the imports."""
    assert marked(text, "module") == wanted


def test_what_asks_for_the_current_loop_gets_its_own() -> None:
    """Only a call on the loop that get_event_loop() gave."""
    text = "import asyncio\nasyncio.get_event_loop().run_until_complete(f(1))  # now\nloop.run_until_complete(f(2))\n"

    assert changed(text, with_own_loop(text, 2) or "")[1:] == ["+asyncio.run(f(1))  # now"]
    assert with_own_loop(text, 3) is None


CHANGED = """\
@pytest.fixture(autouse=True)
def state_put_back():
    \"\"\"What a test changes is not for the next test.\"\"\"
    before_1 = settings.DEBUG
    before_2 = list(registry.NAMES)
    before_3 = dict(settings.LIMITS)
    before_4 = os.environ.get("TZ")
    yield
    settings.DEBUG = before_1
    registry.NAMES[:] = before_2
    settings.LIMITS.clear()
    settings.LIMITS.update(before_3)
    if before_4 is None:
        os.environ.pop("TZ", None)
    else:
        os.environ["TZ"] = before_4
"""


def test_what_changed_is_put_back(tmp_path: Path) -> None:
    """Containers keep their identity, variables that were not there go again, what tests keep is left alone."""
    (tmp_path / "src" / "app").mkdir(parents=True)
    (tmp_path / "tests").mkdir()
    for name in ("__init__", "settings", "registry"):
        (tmp_path / "src" / "app" / f"{name}.py").write_text("")
    (tmp_path / "tests" / "test_x.py").write_text("")
    (tmp_path / "tests" / "conftest.py").write_text(
        "import pytest\nfrom app import settings\n\n\n@pytest.fixture\ndef app(): ...\n"
    )
    changes = (
        Change("app.settings.DEBUG", "False", "True", "tests/test_x.py::p"),
        Change("app.registry.NAMES", "[]", "['a']", "tests/test_x.py::p"),
        Change("app.settings.LIMITS['a']", "1", "2", "tests/test_x.py::p"),
        Change("os.environ['TZ']", "", "'UTC'", "tests/test_x.py::p"),
        Change("tests.test_x.SEEN", "[]", "[1]", "tests/test_x.py::p"),
    )
    order = ("tests/test_x.py::p", "tests/sub/test_y.py::v")
    finding = Finding("victim", order[1], Signature("E", "", "", "call"), order, changes=changes)
    (found,) = restore.candidates(Ground(finding, None, Files(tmp_path)))
    (edit,) = found.edits

    assert found.where == "tests/conftest.py:11"
    assert edit.after.endswith(CHANGED)
    assert edit.after.startswith("import pytest\nfrom app import registry, settings\nimport os\n\n\n")
