"""What a launcher takes and gives."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bisect_loop.conditions.ci.environ import set_by_runner
from bisect_loop.conditions.ci.facts import Source
from bisect_loop.conditions.ci.files import Files
from bisect_loop.conditions.ci.holes import hole, show


@dataclass(frozen=True, slots=True)
class Call:
    """One command: its words with variables filled in, where it runs, and what the environment holds there."""

    words: tuple[str, ...]
    cwd: str
    env: Mapping[str, str]
    files: Files
    source: Source

    @property
    def args(self) -> tuple[str, ...]:
        return self.words[1:]

    @property
    def shown(self) -> str:
        return " ".join(map(show, self.words))

    def variable(self, name: str) -> str | None:
        """Return what the environment holds under `name`: a hole where only the runner knows, None where unset."""
        if name in self.env:
            return self.env[name]
        return hole(f"${name}") if set_by_runner(name) else None

    def path(self, name: str) -> str | None:
        """Return `name`, as seen from the working directory, relative to the repository's root."""
        return self.files.join(self.cwd, name)


@dataclass(frozen=True, slots=True)
class Step:
    """One command that a launcher starts: shell `text`, or the words `argv`.

    `env` is what the launcher sets, as (name, text, where). `keeps` holds the patterns of the only variables that
    it lets through, None where it lets all through. `arguments` are a shell script's own. `cwd` None keeps the
    directory. `condition` says when the launcher runs it, where that is not known.
    """

    source: Source
    text: str = ""
    argv: tuple[str, ...] = ()
    env: tuple[tuple[str, str, Source], ...] = ()
    keeps: tuple[str, ...] | None = None
    arguments: tuple[str, ...] = ()
    cwd: str | None = None
    condition: str = ""


@dataclass(frozen=True, slots=True)
class Pytest:
    """The command is pytest: `args` are its own arguments."""

    args: tuple[str, ...]
    as_module: bool = False
    coverage_run: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Follow:
    """The command starts others.

    `through` names it, "" where that says nothing; `same_shell` says that it does so in place, as `source` does.
    """

    through: str
    steps: tuple[Step, ...]
    same_shell: bool = False


@dataclass(frozen=True, slots=True)
class Refused:
    """The command may run the tests, and the files do not say how: `reason` completes the sentence."""

    reason: str


Outcome = Pytest | Follow | Refused | None
Launcher = Callable[[Call], Outcome]


def split_options(
    words: tuple[str, ...], with_value: frozenset[str], *, until: bool = True
) -> tuple[list[tuple[str, str]], tuple[str, ...]]:
    """Split leading options from the rest: (name, value) pairs, and what follows.

    Options in `with_value` take the next word unless they carry "=value". A `--` ends them and is dropped. With
    `until` false, options are picked out of the whole line and the rest is what remains.
    """
    options: list[tuple[str, str]] = []
    rest: list[str] = []
    pending = list(words)
    while pending:
        word = pending.pop(0)
        if word == "--":
            rest += pending
            break
        if not word.startswith("-") or word == "-":
            if until:
                rest += [word, *pending]
                break
            rest.append(word)
            continue
        name, equals, value = word.partition("=")
        if not equals and name in with_value and pending:
            value = pending.pop(0)
        options.append((name, value))
    return options, tuple(rest)
