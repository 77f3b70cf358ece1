"""What a CI file says, as frozen values, each with the file and line that says it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from bisect_loop.conditions.ci.features import Features, features_of
from bisect_loop.conditions.ci.holes import holes_in, known, secrets_in, secrets_named, show

Kind = Literal["github", "gitlab", "compose"]
Level = Literal["default", "workflow", "job", "matrix", "step", "shell", "launcher", "service"]


class CiError(Exception):
    """A CI file cannot be read as asked. The message is one sentence that names file, line and mend."""


@dataclass(frozen=True, slots=True, order=True)
class Source:
    """A place: `file` is relative to the repository's root with forward slashes, `line` counts from 1."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True)
class CiFile:
    """A file that `discover` found; `root` is the root of the repository that it belongs to."""

    path: Path
    kind: Kind
    root: Path

    @property
    def shown(self) -> str:
        """The path relative to the repository's root."""
        return self.path.relative_to(self.root).as_posix()


@dataclass(frozen=True, slots=True)
class EnvEntry:
    """One environment variable, where it was set, and at which level.

    Levels, weakest first: "default" (what the CI system itself sets, or a `default:` section), "workflow",
    "job", "matrix" (GitLab's parallel matrix), "step" (a step's `env:`, or written to $GITHUB_ENV), "shell"
    (`export X=1`, `X=1 pytest`), "launcher" (tox.ini, noxfile.py, a Makefile). "service" marks a container's own.
    """

    name: str
    text: str = field(repr=False)
    source: Source
    level: Level

    @property
    def value(self) -> str | None:
        """The value, None where a part of it cannot be known from the files."""
        return self.text if known(self.text) else None

    @property
    def shown(self) -> str:
        """The value with its unresolved parts as they were written."""
        return show(self.text)

    @property
    def unresolved(self) -> tuple[str, ...]:
        """The parts that the files leave open, as written."""
        return holes_in(self.text)

    @property
    def secrets(self) -> tuple[str, ...]:
        """The names of the secrets that the value needs."""
        return secrets_in(self.text)


@dataclass(frozen=True, slots=True)
class Port:
    """A container's port and the host's port that leads to it, None where the CI system picks one."""

    container: int
    host: int | None
    protocol: str = "tcp"


@dataclass(frozen=True, slots=True)
class Health:
    """A container's health check; times are in seconds, None where the file leaves them to the engine."""

    command: str
    interval: float | None = None
    timeout: float | None = None
    retries: int | None = None
    start_period: float | None = None


@dataclass(frozen=True, slots=True)
class Service:
    """A container that runs next to the job. `name` is the host name by which another container reaches it."""

    name: str
    image: str
    source: Source
    ports: tuple[Port, ...] = ()
    env: tuple[EnvEntry, ...] = ()
    health: Health | None = None
    options: str = ""
    command: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    unresolved: tuple[str, ...] = ()  # parts of the image, the ports or the options that the file leaves open


@dataclass(frozen=True, slots=True)
class PytestCommand:
    """A pytest command line taken out of a script.

    `argv` is ("pytest", ...) or ("python", "-m", "pytest", ...): the second puts the working directory on
    sys.path, and `coverage run -m pytest` is written so too. `working_directory` is relative to the
    repository's root. `through` names what led to it, outermost first ("make test (Makefile:12)", "uv run").
    `env` is everything that the files set for this command. `coverage_run` holds the arguments of `coverage run`,
    None without it. `addopts` are pytest's own from the project's configuration file and PYTEST_ADDOPTS.
    `unresolved` lists the parts of `argv` that the files leave open: the command cannot be run as it stands.
    `condition` is the script's or the step's own condition, where it could not be decided.
    """

    argv: tuple[str, ...]
    working_directory: str
    source: Source
    through: tuple[str, ...] = ()
    env: tuple[EnvEntry, ...] = ()
    coverage_run: tuple[str, ...] | None = None
    addopts: tuple[str, ...] = ()
    unresolved: tuple[str, ...] = ()
    condition: str = ""
    notes: tuple[str, ...] = ()

    @property
    def line(self) -> int:
        return self.source.line

    @property
    def invocation(self) -> Literal["pytest", "python -m pytest"]:
        return "python -m pytest" if self.argv[:1] == ("python",) else "pytest"

    @property
    def args(self) -> tuple[str, ...]:
        """Pytest's own arguments."""
        return self.argv[3:] if self.argv[:1] == ("python",) else self.argv[1:]

    @property
    def features(self) -> Features:
        """Coverage, workers and distribution mode, as the arguments and the configuration ask for them."""
        return features_of(self.args, self.addopts, self.coverage_run)


@dataclass(frozen=True, slots=True)
class Unresolved:
    """Something that may run the tests and that the files do not settle: what is written, and why it stays so."""

    text: str
    reason: str
    source: Source


@dataclass(frozen=True, slots=True)
class Variant:
    """One combination of a job's matrix. `matrix` holds its values as text; a job without a matrix has one.

    `job_env` is what holds for the whole job; `env` what the first pytest command sees.
    """

    matrix: tuple[tuple[str, str], ...] = ()
    runs_on: str = ""
    container: str | None = None
    job_env: tuple[EnvEntry, ...] = ()
    services: tuple[Service, ...] = ()
    commands: tuple[PytestCommand, ...] = ()
    unresolved: tuple[Unresolved, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        return ", ".join(f"{name}={value}" for name, value in self.matrix)

    @property
    def env(self) -> tuple[EnvEntry, ...]:
        return self.commands[0].env if self.commands else self.job_env

    @property
    def needs_secrets(self) -> tuple[str, ...]:
        entries = [*self.job_env, *(entry for command in self.commands for entry in command.env)]
        entries += [entry for service in self.services for entry in service.env]
        asked = (name for entry in entries for name in entry.secrets)
        return tuple(dict.fromkeys((*asked, *_secrets_of(self.commands))))


@dataclass(frozen=True, slots=True)
class Job:
    """A CI job. Its env, services and commands are those of its first variant."""

    name: str
    title: str
    source: Source
    kind: Kind
    variants: tuple[Variant, ...]
    condition: str = ""

    @property
    def file(self) -> str:
        return self.source.file

    @property
    def line(self) -> int:
        return self.source.line

    @property
    def env(self) -> tuple[EnvEntry, ...]:
        return self.variants[0].env

    @property
    def services(self) -> tuple[Service, ...]:
        return self.variants[0].services

    @property
    def commands(self) -> tuple[PytestCommand, ...]:
        return self.variants[0].commands

    @property
    def unresolved(self) -> tuple[Unresolved, ...]:
        return self.variants[0].unresolved

    @property
    def needs_secrets(self) -> tuple[str, ...]:
        """The names of the secrets that the env, the services or the commands of any variant ask for."""
        return tuple(dict.fromkeys(name for variant in self.variants for name in variant.needs_secrets))


def _secrets_of(commands: Iterable[PytestCommand]) -> Iterable[str]:
    for command in commands:
        for part in command.unresolved:
            yield from secrets_named(part)
