"""What a shell knows at one point of a script."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from fnmatch import fnmatch

from bisect_loop.conditions.ci.environ import WORKSPACE, set_by_runner
from bisect_loop.conditions.ci.facts import EnvEntry, Level, Source
from bisect_loop.conditions.ci.files import Files
from bisect_loop.conditions.ci.holes import hole, known
from bisect_loop.conditions.ci.shell.tree import Node


@dataclass
class State:
    """`env` is exported, `variables` are the shell's own. `cwd` is relative to the repository's root.

    `assumed` collects, for all copies alike, the variables that no file sets and that were taken as unset.
    """

    files: Files
    env: dict[str, EnvEntry]
    cwd: str = "."
    variables: dict[str, str] = field(default_factory=dict)
    functions: dict[str, Node] = field(default_factory=dict)
    marked: set[str] = field(default_factory=set)  # exported by name before they have a value
    arguments: tuple[str, ...] = ()
    before: str = "."
    ended: bool = False
    assumed: set[str] = field(default_factory=set)

    def copy(self) -> State:
        return replace(
            self,
            env=dict(self.env),
            variables=dict(self.variables),
            functions=dict(self.functions),
            marked=set(self.marked),
        )

    def child(self, arguments: tuple[str, ...] = ()) -> State:
        """Return the state of a program started from here: the environment and the directory, nothing else."""
        return State(self.files, dict(self.env), self.cwd, arguments=arguments, assumed=self.assumed)

    @property
    def directory(self) -> str:
        """The working directory as an absolute path, a hole where it is not known."""
        return str(self.files.root / self.cwd) if known(self.cwd) else hole("$PWD")

    def value(self, name: str) -> str | None:
        """Return a variable's value: a hole where only the runner knows it, None where nothing sets it."""
        if name in self.variables:
            return self.variables[name]
        if name in self.env:
            return self.env[name].text
        if name == "PWD":
            return self.directory
        if name in WORKSPACE:
            return str(self.files.root)
        if set_by_runner(name):
            return hole(f"${name}")
        self.assumed.add(name)
        return None

    def assign(self, name: str, text: str, source: Source, *, export: bool, level: Level = "shell") -> None:
        if export or name in self.env or name in self.marked:
            self.env[name] = EnvEntry(name, text, source, level)
            self.variables.pop(name, None)
        else:
            self.variables[name] = text

    def unset(self, name: str) -> None:
        self.env.pop(name, None)
        self.variables.pop(name, None)
        self.marked.discard(name)

    def change_directory(self, target: str) -> None:
        joined = self.files.join(self.cwd, target)
        self.before, self.cwd = self.cwd, hole(f"cd {target}") if joined is None else joined

    def keep_only(self, patterns: Iterable[str]) -> list[str]:
        """Drop every variable that no pattern matches, case aside as in tox; return the names of those dropped."""
        wanted = [pattern.lower() for pattern in patterns if pattern]
        dropped = [name for name in self.env if not any(fnmatch(name.lower(), pattern) for pattern in wanted)]
        for name in dropped:
            del self.env[name]
        return dropped

    def become(self, other: State) -> None:
        """Take over everything that `other` knows."""
        self.env, self.variables, self.functions = other.env, other.variables, other.functions
        self.marked = other.marked
        self.cwd, self.before, self.ended, self.arguments = other.cwd, other.before, other.ended, other.arguments


def merged(first: State, second: State) -> State:
    """Return what is known when one of two ways was taken: where they differ, nothing is."""
    if first.ended or second.ended:
        return second if first.ended else first
    result = first.copy()
    for name in dict.fromkeys((*first.env, *second.env)):
        entry, other = first.env.get(name), second.env.get(name)
        if entry is None or other is None or entry.text != other.text:
            source = next(found for found in (entry, other) if found is not None)
            result.env[name] = EnvEntry(name, hole(f"${name}"), source.source, source.level)
    for name in dict.fromkeys((*first.variables, *second.variables)):
        if first.variables.get(name) != second.variables.get(name):
            result.variables[name] = hole(f"${name}")
    if first.cwd != second.cwd:
        result.cwd = hole("$PWD")
    result.functions = {**second.functions, **first.functions}
    return result
