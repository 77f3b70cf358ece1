"""What the project's configuration says: pytest's own options that decide about loops, and this scan's."""

from __future__ import annotations

import configparser
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bisect_loop.conditions.toml import TOMLDecodeError, loads
from bisect_loop.scan.model import Place

# As pytest looks for its configuration: the first file that has the section wins.
_SOURCES = (
    ("pytest.toml", ("pytest",)),
    (".pytest.toml", ("pytest",)),
    ("pytest.ini", ("pytest",)),
    (".pytest.ini", ("pytest",)),
    ("pyproject.toml", ("tool", "pytest", "ini_options")),
    ("pyproject.toml", ("tool", "pytest")),
    ("tox.ini", ("pytest",)),
    ("setup.cfg", ("tool:pytest",)),
)
FIXTURE_OPTION = "asyncio_default_fixture_loop_scope"
TEST_OPTION = "asyncio_default_test_loop_scope"


class SettingsError(Exception):
    """The configuration cannot be used; the message says what is wrong, and where."""


@dataclass(frozen=True, slots=True)
class ScanConfig:
    """Which rules run and which files are left out. Codes may be prefixes ("BL1"); an empty select means all."""

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PytestOptions:
    """The options of the project's pytest configuration, as text, and where each stands."""

    values: Mapping[str, str] = field(default_factory=dict)
    places: Mapping[str, Place] = field(default_factory=dict)

    def get(self, name: str) -> str:
        """The option's value, "" where it is not set; `-o name=value` in addopts counts."""
        given = re.search(rf"(?:-o|--override-ini)[ =]['\"]?{name}=([\w-]+)", self.values.get("addopts", ""))
        return given[1] if given else self.values.get(name, "").strip()

    def place(self, name: str) -> Place | None:
        """Where the option is set."""
        return self.places.get(name) or (self.places.get("addopts") if self.get(name) else None)

    @property
    def asyncio_auto(self) -> bool:
        """Whether pytest-asyncio takes every async test and fixture for its own."""
        given = re.search(r"--asyncio-mode[= ](\w+)", self.values.get("addopts", ""))
        return (given[1] if given else self.get("asyncio_mode")) == "auto"

    @property
    def test_loop_scope(self) -> str:
        return self.get(TEST_OPTION) or "function"

    @property
    def fixture_loop_scope(self) -> str:
        """The scope that async fixtures get by default, "" where it follows the fixture's own."""
        value = self.get(FIXTURE_OPTION)
        return "" if value == "fixture-scope" else value

    def words(self, name: str) -> list[str]:
        return self.get(name).split()


def read_scan_config(root: Path) -> ScanConfig:
    """Read [tool.bisect-loop.scan] of the root's pyproject.toml; the defaults where there is none.

    Raises SettingsError for a file that cannot be read and for keys or values that mean nothing.
    """
    table: Any = _toml(root / "pyproject.toml")
    for key in ("tool", "bisect-loop", "scan"):
        table = table.get(key, {}) if isinstance(table, dict) else {}
    if not isinstance(table, dict):
        raise SettingsError("pyproject.toml: [tool.bisect-loop.scan] must be a table")
    known: dict[str, tuple[str, ...]] = {}
    for key, value in table.items():
        if key not in ("select", "ignore", "exclude"):
            raise SettingsError(
                f"pyproject.toml: [tool.bisect-loop.scan] has no key {key!r}; there are select, ignore and exclude"
            )
        values = [value] if isinstance(value, str) else value
        if not isinstance(values, list) or not all(isinstance(each, str) for each in values):
            raise SettingsError(f"pyproject.toml: [tool.bisect-loop.scan] {key} must be a list of strings")
        known[key] = tuple(values)
    return ScanConfig(**known)


def read_pytest_options(root: Path) -> PytestOptions:
    """Read the options that pytest would use at `root`. A file that cannot be read counts as absent."""
    for name, keys in _SOURCES:
        path = root / name
        if not path.is_file():
            continue
        try:
            table = _section(path, keys)
        except SettingsError:
            continue  # the user's pytest says so better than a scan could
        if table is not None:
            values = {key: _as_text(value) for key, value in table.items() if not isinstance(value, dict)}
            lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
            places = {key: Place(name, _line_of(key, lines)) for key in values}
            return PytestOptions(values, places)
    return PytestOptions()


def _section(path: Path, keys: tuple[str, ...]) -> Mapping[str, Any] | None:
    if path.suffix == ".toml":
        table: Any = _toml(path)
        for key in keys:
            table = table.get(key) if isinstance(table, dict) else None
        return table if isinstance(table, dict) else None
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    try:
        parser.read_string(path.read_text(encoding="utf-8", errors="replace"))
    except configparser.Error as error:
        raise SettingsError(f"{path.name}: {error}") from error
    if parser.has_section(keys[0]):
        return dict(parser.items(keys[0]))
    return {} if path.name in ("pytest.ini", ".pytest.ini") else None


def _toml(path: Path) -> dict[str, Any]:
    try:
        return loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path.name}: {error}") from error


def _as_text(value: object) -> str:
    return "\n".join(str(each) for each in value) if isinstance(value, list) else str(value)


def _line_of(key: str, lines: list[str]) -> int:
    pattern = re.compile(rf"\s*['\"]?{re.escape(key)}['\"]?\s*[=:]")
    return next((number for number, line in enumerate(lines, 1) if pattern.match(line)), 1)
