"""The arguments that pytest takes from the project's own configuration."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any

from bisect_loop.conditions.ci.facts import EnvEntry
from bisect_loop.conditions.ci.files import Files


def addopts_of(files: Files, directory: str, args: Sequence[str] = ()) -> tuple[str, ...]:
    """Return `addopts` of the configuration file that pytest takes in `directory` (or that -c names), as words.

    As pytest does, the directory and then its parents are searched, up to the repository's root, and the first
    file that configures pytest counts.
    """
    named = _named(args)
    if named:
        return _read(files, files.join(directory, named)) or ()
    at = files.join(directory, ".")
    while at is not None:
        for name in (
            "pytest.toml",
            ".pytest.toml",
            "pytest.ini",
            ".pytest.ini",
            "pyproject.toml",
            "tox.ini",
            "setup.cfg",
        ):
            found = _read(files, files.join(at, name))
            if found is not None:
                return found
        at = files.join(at, "..") if at != "." else None
    return ()


def _named(args: Sequence[str]) -> str | None:
    for arg, following in pairwise([*args, ""]):
        if arg in ("-c", "--config-file"):
            return following
        if arg.startswith("--config-file="):
            return arg.partition("=")[2]
    return None


def _read(files: Files, path: str | None) -> tuple[str, ...] | None:
    """Return the file's addopts, None where it does not configure pytest."""
    if path is None or files.text(path) is None:
        return None
    if path.endswith(".toml"):
        return _from_toml(files.toml(path), whole=not path.endswith("pyproject.toml"))
    sections = files.ini(path)
    name = "tool:pytest" if path.endswith("setup.cfg") else "pytest"
    if not sections.has_section(name):
        return () if path.endswith("pytest.ini") else None
    return _split(sections.get(name, "addopts", fallback="") or "")


def _from_toml(data: dict[str, Any], *, whole: bool) -> tuple[str, ...] | None:
    tool = data if whole else data.get("tool", {})
    table = tool.get("pytest") if isinstance(tool, dict) else None
    if not isinstance(table, dict):
        return () if whole else None
    options = table.get("ini_options", table)
    value = options.get("addopts", "") if isinstance(options, dict) else ""
    return tuple(str(word) for word in value) if isinstance(value, list) else _split(str(value))


def _split(text: str) -> tuple[str, ...]:
    try:
        return tuple(shlex.split(text))
    except ValueError:
        return tuple(text.split())


def pytest_addopts(env: Iterable[EnvEntry]) -> tuple[str, ...]:
    """Return the words of PYTEST_ADDOPTS, none where it is unset or not known."""
    value = next((entry.value for entry in env if entry.name == "PYTEST_ADDOPTS"), None)
    return _split(value or "")
