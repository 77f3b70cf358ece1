"""`[tool.bisect-loop]` in pyproject.toml: a key for every option of the command line.

A key is written as the option is, without the dashes in front (`reset-external`); underscores do as well. What the
file does not set is None, so that the command line can tell it from a value.
"""

from __future__ import annotations

import difflib
import re
import shlex
from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Literal

from bisect_loop.conditions import toml
from bisect_loop.conditions.ci.services import seconds

TABLE = "tool.bisect-loop"
_FILE = "pyproject.toml"


class ConfigError(Exception):
    """The configuration cannot be used. The message is one sentence that names file, line and mend."""


@dataclass(frozen=True, slots=True)
class Config:
    """What the project's file sets; None stands for what it does not set.

    `services` are texts as --service takes them ("redis=docker:redis:7-alpine"). `timeout` and `budget` are in
    seconds. `ci` is FILE[:JOB], or False for --no-ci. `reset_external` names the services that are not ours and
    may be emptied all the same. `path` is the file, None where the project has none with this table; relative
    paths in it are meant from its directory.
    """

    path: Path | None = None
    paths: tuple[str, ...] | None = None
    args: tuple[str, ...] | None = None
    env: tuple[tuple[str, str], ...] | None = None
    services: tuple[str, ...] | None = None
    ci: str | Literal[False] | None = None
    reset_external: tuple[str, ...] | None = None
    coverage: bool | None = None
    workers: int | None = None
    orders: tuple[str, ...] | None = None
    order: str | None = None
    victim: str | None = None
    from_log: str | None = None
    jobs: int | None = None
    timeout: float | None = None
    budget: float | None = None
    most_orders: int | None = None
    confirm: int | None = None
    python: str | None = None
    runner: Literal["auto", "fork", "fresh"] | None = None
    roles: bool | None = None
    fixes: bool | None = None
    all_fixes: bool | None = None
    json: str | None = None
    html: str | None = None
    junit: str | None = None
    sarif: str | None = None
    markdown: str | None = None
    dry_run: bool | None = None
    debug: bool | None = None


def read_config(root: Path) -> Config:
    """Return what `[tool.bisect-loop]` of the pyproject.toml in `root` sets; an empty Config where there is none.

    ConfigError where the file is not valid TOML, a key is unknown (with the nearest that is known), or a value has
    not the type that its option takes.
    """
    path = root / _FILE
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return Config()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{_FILE}: it cannot be read ({error}); mend the file.") from error
    try:
        data = toml.loads(text)
    except toml.TOMLDecodeError as error:
        at = re.search(r"\(at (?:line (\d+)[^)]*|end of document)\)", str(error))
        line = at[1] if at and at[1] else text.count("\n") + 1
        problem = re.sub(r"\s*\(at [^)]*\)", "", str(error))
        raise ConfigError(f"{_FILE}:{line}: not valid TOML: {problem}; mend that line.") from error
    tool = data.get("tool")
    table = tool.get("bisect-loop") if isinstance(tool, dict) else None
    if table is None:
        return Config()
    if not isinstance(table, dict):
        line = _line_of(text, "tool", "bisect-loop")
        raise ConfigError(f"{_FILE}:{line}: [{TABLE}] must be a table; write `[{TABLE}]` on a line of its own.")
    values: dict[str, Any] = {}
    for key, value in table.items():
        if key == "scan":
            continue  # the scanner's own table, which it reads itself
        place = f"{_FILE}:{_line_of(text, TABLE, key)}"
        name = key.replace("-", "_")
        check = _CHECKS.get(name)
        if check is None:
            raise ConfigError(f"{place}: [{TABLE}] has no key {key!r}; {_nearest(key)}")
        if name in values:
            raise ConfigError(f"{place}: {key!r} is set twice, with a dash and with an underscore; keep one of them.")
        try:
            values[name] = check(value)
        except ValueError as error:
            raise ConfigError(f"{place}: `{key}` must be {error}, not {_shown(value)}.") from error
    return Config(path=path, **values)


def _nearest(key: str) -> str:
    known = sorted(name.replace("_", "-") for name in _CHECKS)
    near = difflib.get_close_matches(key.replace("_", "-").lower(), known, n=1)
    return f"did you mean {near[0]!r}?" if near else f"the keys are {', '.join(known)}."


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, list):
        return "a list"
    return "a table" if isinstance(value, dict) else str(value)


def _text(value: object) -> str:
    if isinstance(value, str) and value:
        return value
    raise ValueError("text in quotes")


def _flag(value: object) -> bool:
    if isinstance(value, bool):
        return value
    raise ValueError("true or false")


def _count(value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and value >= 1:
        return value
    raise ValueError("a whole number of at least 1, without quotes")


def _duration(value: object) -> float:
    if isinstance(value, (int, float)) and not isinstance(value, bool) and 0 < value < float("inf"):
        return float(value)
    if isinstance(value, str) and (parsed := seconds(value)):
        return parsed
    raise ValueError('seconds, or a text like "90s", "10m", "1h30m"')


def _texts(value: object) -> tuple[str, ...]:
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return tuple(value)
    raise ValueError("a list of texts")


def _one_or_more(value: object) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) and value else _texts(value)


def _words(value: object) -> tuple[str, ...]:
    """Arguments: a list, or one text that is split as a shell splits it."""
    if isinstance(value, str):
        try:
            return tuple(shlex.split(value))
        except ValueError as error:
            raise ValueError("a list of texts, or one text with its quotes closed") from error
    return _texts(value)


def _orders(value: object) -> tuple[str, ...]:
    if isinstance(value, str):
        value = [part.strip() for part in value.split(",")]
    return _texts(value)


def _env(value: object) -> tuple[tuple[str, str], ...]:
    if not isinstance(value, dict):
        raise ValueError('a table of variables, as in env = { REDIS_URL = "redis://localhost" }')
    for name, text in value.items():
        if not isinstance(text, str):
            # true could mean "true", "True" or "1": only the writer knows.
            raise ValueError(f"a table of texts: put the value of {name} in quotes")
    return tuple(value.items())


def _services(value: object) -> tuple[str, ...]:
    if isinstance(value, dict) and all(isinstance(how, str) for how in value.values()):
        return tuple(f"{name}={how}" if how else str(name) for name, how in value.items())
    try:
        return _one_or_more(value)
    except ValueError as error:
        raise ValueError('a list like ["redis", "postgres=docker:postgres:16"], or a table of such') from error


def _ci(value: object) -> str | Literal[False]:
    if value is False or (isinstance(value, str) and value):
        return value
    raise ValueError('a file with or without a job ("ci.yml:test"), or false to read none')


def _one_of(*choices: str) -> Callable[[object], str]:
    def check(value: object) -> str:
        if isinstance(value, str) and value in choices:
            return value
        raise ValueError("one of " + ", ".join(f'"{choice}"' for choice in choices))

    return check


_CHECKS: dict[str, Callable[[object], Any]] = {
    **dict.fromkeys(("order", "victim", "from_log", "python", "json", "html", "junit", "sarif", "markdown"), _text),
    **dict.fromkeys(("coverage", "roles", "fixes", "all_fixes", "dry_run", "debug"), _flag),
    **dict.fromkeys(("workers", "jobs", "confirm", "most_orders"), _count),
    **dict.fromkeys(("timeout", "budget"), _duration),
    **dict.fromkeys(("paths", "reset_external"), _one_or_more),
    "args": _words,
    "orders": _orders,
    "env": _env,
    "services": _services,
    "ci": _ci,
    "runner": _one_of("auto", "fork", "fresh"),
}
assert set(_CHECKS) == {field.name for field in fields(Config)} - {"path"}


def _line_of(text: str, table: str, key: str) -> int:
    """Return the line on which `key` of `table` is written; the table's own line where it cannot be found.

    TOML parsers keep no lines. The three ways to write a key are looked for: below its table's header, as a header
    of its own, and dotted from a table above.
    """
    wanted = [*table.split("."), key]
    current: list[str] = []
    header = 1
    for number, line in enumerate(text.splitlines(), 1):
        if match := re.match(r"\s*\[+([^\]]*)\]", line):
            current = _parts(match[1])
            header = number if current == wanted[:-1] else header
            path = current
        elif match := re.match(
            r"\s*((?:[\w-]+|\"[^\"]*\"|'[^']*')(?:\s*\.\s*(?:[\w-]+|\"[^\"]*\"|'[^']*'))*)\s*=", line
        ):
            path = current + _parts(match[1])
        else:
            continue
        if path[: len(wanted)] == wanted:
            return number
        if path == wanted[:-1] and re.search(rf"[{{,]\s*[\"']?{re.escape(key)}[\"']?\s*=", line):
            return number
    return header


def _parts(dotted: str) -> list[str]:
    return [part.strip().strip("\"'") for part in dotted.split(".")]
