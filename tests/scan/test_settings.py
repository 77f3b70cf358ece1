"""The scan's own configuration, and pytest's."""

from __future__ import annotations

from pathlib import Path

import pytest

from bisect_loop.scan import ScanConfig, SettingsError, read_scan_config
from bisect_loop.scan.rules import RULES, chosen
from bisect_loop.scan.settings import FIXTURE_OPTION, read_pytest_options

from .writing import found, scanned, write

CLIENT = "import httpx\nclient = httpx.AsyncClient()\n"


def test_no_configuration(tmp_path: Path) -> None:
    """Without a pyproject.toml, or without the table, the defaults hold."""
    assert read_scan_config(tmp_path) == ScanConfig()
    write(tmp_path, {"pyproject.toml": "[project]\nname = 'a'\n"})
    assert read_scan_config(tmp_path) == ScanConfig()


def test_all_keys(tmp_path: Path) -> None:
    """Lists and single strings are taken."""
    text = "[tool.bisect-loop.scan]\nselect = ['BL0']\nignore = 'BL005'\nexclude = ['old', 'x/*.py']\n"
    write(tmp_path, {"pyproject.toml": text})
    assert read_scan_config(tmp_path) == ScanConfig(("BL0",), ("BL005",), ("old", "x/*.py"))


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("[tool.bisect-loop.scan]\nselekt = []\n", "selekt"),
        ("[tool.bisect-loop.scan]\nselect = 3\n", "list of strings"),
        ("[tool.bisect-loop]\nscan = 3\n", "table"),
        ("[tool\n", "pyproject.toml"),
    ],
)
def test_configuration_that_means_nothing(tmp_path: Path, text: str, part: str) -> None:
    """What cannot be meant is an error that says where and what."""
    write(tmp_path, {"pyproject.toml": text})
    with pytest.raises(SettingsError, match=part):
        read_scan_config(tmp_path)


def test_configuration_is_used(tmp_path: Path) -> None:
    """The table of the root's pyproject.toml takes effect."""
    files = {"app.py": CLIENT, "old/app.py": CLIENT}
    assert found(scanned(tmp_path, {**files, "pyproject.toml": "[tool.bisect-loop.scan]\nexclude = ['old']\n"})) == [
        ("app.py", 2, "BL001")
    ]
    assert found(scanned(tmp_path, {**files, "pyproject.toml": "[tool.bisect-loop.scan]\nignore = ['BL001']\n"})) == []


def test_selection_by_prefix() -> None:
    """The longest prefix decides, as in ruff; ALL is everything."""
    assert chosen((), ()) == RULES == chosen(("ALL",), ())
    assert [rule.code for rule in chosen(("BL0",), ("BL005", "bl006", "BL007"))] == ["BL001", "BL002", "BL003", "BL004"]
    assert [rule.code for rule in chosen(("BL005",), ("BL0",))] == ["BL005"]
    assert chosen((), ("ALL",)) == ()


@pytest.mark.parametrize("code", ["BL9", "E501"])
def test_an_unknown_code_is_an_error(tmp_path: Path, code: str) -> None:
    """A typing error must not silence everything."""
    with pytest.raises(SettingsError, match=code):
        scanned(tmp_path, {}, config=ScanConfig(select=(code,)))


@pytest.mark.parametrize(
    ("name", "text", "line"),
    [
        ("pytest.ini", "[pytest]\nasyncio_default_fixture_loop_scope = session\n", 2),
        ("setup.cfg", "[metadata]\nname=a\n[tool:pytest]\nasyncio_default_fixture_loop_scope=session\n", 4),
        ("tox.ini", "[tox]\n[pytest]\nasyncio_default_fixture_loop_scope: session\n", 3),
        ("pyproject.toml", '[tool.pytest.ini_options]\n"asyncio_default_fixture_loop_scope" = "session"\n', 2),
        ("pyproject.toml", '[tool.pytest]\nasyncio_default_fixture_loop_scope = "session"\n', 2),
        ("pytest.toml", '[pytest]\nasyncio_default_fixture_loop_scope = "session"\n', 2),
        ("pytest.ini", "[pytest]\naddopts = -o asyncio_default_fixture_loop_scope=session\n", 2),
    ],
)
def test_where_pytest_is_configured(tmp_path: Path, name: str, text: str, line: int) -> None:
    """Every place that pytest reads is read, with its line."""
    write(tmp_path, {name: text})
    options = read_pytest_options(tmp_path)
    assert options.fixture_loop_scope == "session"
    assert str(options.place(FIXTURE_OPTION)) == f"{name}:{line}"


def test_pytest_ini_wins(tmp_path: Path) -> None:
    """The first file that pytest would take is the only one, even an empty one."""
    write(tmp_path, {"pytest.ini": "", "setup.cfg": "[tool:pytest]\nasyncio_mode=auto\n"})
    assert not read_pytest_options(tmp_path).asyncio_auto


def test_broken_pytest_configuration_is_left_to_pytest(tmp_path: Path) -> None:
    """A file that cannot be parsed counts as absent."""
    write(tmp_path, {"pytest.ini": "nonsense\n", "tox.ini": "[pytest]\nasyncio_mode=auto\n"})
    assert read_pytest_options(tmp_path).asyncio_auto
