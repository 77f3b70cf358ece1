"""Scripts by name in a project's settings: pdm, pipenv, poe, rye, pixi."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from typing import Any

from bisect_loop.conditions.ci.facts import Source
from bisect_loop.conditions.ci.launch.call import Call, Follow, Outcome, Step

_TABLES: dict[str, tuple[tuple[str, tuple[str, ...]], ...]] = {
    "pdm": (("pyproject.toml", ("tool", "pdm", "scripts")),),
    "rye": (("pyproject.toml", ("tool", "rye", "scripts")),),
    "poe": (("pyproject.toml", ("tool", "poe", "tasks")), ("poe_tasks.toml", ("tasks",))),
    "pipenv": (("Pipfile", ("scripts",)),),
    "pixi": (("pixi.toml", ("tasks",)), ("pyproject.toml", ("tool", "pixi", "tasks"))),
}
_ARGS = re.compile(r"\{args(?::([^{}]*))?\}")


@dataclass(frozen=True, slots=True)
class _Book:
    """A table of tasks and where it stands."""

    tool: str
    path: str
    tasks: dict[str, Any]
    call: Call
    cwd: str


def resolve(tool: str, words: tuple[str, ...], cwd: str, call: Call) -> Outcome:
    """Return what the task `words[0]` of `tool` runs in `cwd`, None where it is no task of the project."""
    for file, keys in _TABLES.get(tool, ()):
        path = call.files.join(cwd, file)
        table = _table(call.files.toml(path), keys)
        if tool == "pixi":
            table = {**_pixi_features(_table(call.files.toml(path), keys[:-1])), **table}
        if path and words[0] in table:
            book = _Book(tool, path, table, call, cwd)
            source = book_line(book, words[0])
            return Follow(f"{tool} {words[0]} ({source})", _steps(book, words[0], words[1:], ()))
    return None


def _table(data: Any, keys: tuple[str, ...]) -> dict[str, Any]:
    for key in keys:
        data = data.get(key) if isinstance(data, dict) else None
    return data if isinstance(data, dict) else {}


def _pixi_features(project: dict[str, Any]) -> dict[str, Any]:
    """Return the tasks that stand in features; one that two features define differently is left out."""
    found: dict[str, Any] = {}
    doubtful: set[str] = set()
    for feature in _table(project, ("feature",)).values():
        for name, entry in _table(feature, ("tasks",)).items():
            if name in found and found[name] != entry:
                doubtful.add(name)
            found[name] = entry
    return {name: entry for name, entry in found.items() if name not in doubtful}


def book_line(book: _Book, name: str) -> Source:
    text = book.call.files.text(book.path) or ""
    match = re.search(rf"^[ \t]*(?:[\w.-]+\.)?[\"']?{re.escape(name)}[\"']?(?:\.\w+)?[ \t]*=", text, re.MULTILINE)
    header = match or re.search(rf"^\[.*[.\"']{re.escape(name)}[\"']?\]", text, re.MULTILINE)
    return Source(book.path, text.count("\n", 0, header.start()) + 1 if header else 1)


def _steps(book: _Book, name: str, args: tuple[str, ...], seen: tuple[str, ...]) -> tuple[Step, ...]:
    entry = book.tasks[name]
    source = book_line(book, name)
    shared = book.tasks.get("_") if book.tool == "pdm" else None
    env = _env(shared, source) + _env(entry, source)
    if isinstance(entry, str):
        return (Step(source, text=_joined(entry, args), env=env, cwd=book.cwd),)
    if isinstance(entry, list) and book.tool in ("poe",):
        return _sequence(book, entry, args, (*seen, name))
    if isinstance(entry, list):
        return (Step(source, argv=(*map(str, entry), *args), env=env, cwd=book.cwd),)
    if not isinstance(entry, dict):
        return ()
    before: tuple[Step, ...] = ()
    for key in ("composite", "sequence", "chain", "depends-on", "depends_on", "deps"):
        if isinstance(entry.get(key), list):
            before += _sequence(book, entry[key], args if key != "deps" else (), (*seen, name))
    command = entry.get("cmd", entry.get("shell"))
    directory = entry.get("cwd", entry.get("working_dir"))
    cwd = book.call.files.join(book.cwd, str(directory)) if directory else book.cwd
    if isinstance(command, list):
        return (*before, Step(source, argv=(*map(str, command), *args), env=env, cwd=cwd))
    if isinstance(command, str):
        return (*before, Step(source, text=_joined(command, args), env=env, cwd=cwd))
    return before


def _sequence(book: _Book, entries: list[Any], args: tuple[str, ...], seen: tuple[str, ...]) -> tuple[Step, ...]:
    steps: tuple[Step, ...] = ()
    for entry in entries:
        name = str(entry.get("ref", entry.get("task", "")) if isinstance(entry, dict) else entry)
        name = _joined(name, args)
        words = name.split()
        if words and words[0] in book.tasks:
            if words[0] not in seen:
                steps += _steps(book, words[0], tuple(words[1:]), seen)
        elif isinstance(entry, dict) and isinstance(entry.get("cmd"), str):
            steps += (Step(book_line(book, seen[-1]), text=_joined(str(entry["cmd"]), args), cwd=book.cwd),)
        elif words:
            steps += (Step(book_line(book, seen[-1]), text=name, cwd=book.cwd),)
    return steps


def _joined(text: str, args: tuple[str, ...]) -> str:
    quoted = " ".join(map(shlex.quote, args))
    if _ARGS.search(text):
        return _ARGS.sub(lambda match: quoted or match[1] or "", text)
    return f"{text} {quoted}" if args else text


def _env(entry: Any, source: Source) -> tuple[tuple[str, str, Source], ...]:
    table = entry.get("env") if isinstance(entry, dict) else None
    if not isinstance(table, dict):
        return ()
    return tuple((str(name), str(value), source) for name, value in table.items() if not isinstance(value, dict))
