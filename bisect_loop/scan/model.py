"""What a scan says: frozen values, for the renderers and for whoever builds on a scan.

Paths are relative to the scanned root with "/" between their parts; lines and columns count from 1, columns in
characters.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

HolderKind = Literal["global", "class", "state", "container", "cache", "default"]
ResourceKind = Literal["client", "primitive", "task", "loop"]
GuardKind = Literal["pytest", "per-loop", "session-loop", "closed", "reset", "env-removed"]


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A position in a file."""

    path: str
    line: int
    column: int = 1

    def __str__(self) -> str:
        return f"{self.path}:{self.line}"


@dataclass(frozen=True, slots=True)
class Gate:
    """An environment variable without which the wire-up does not happen.

    `set_by_ci` says where the project's CI sets it: "" where it does not, None where nothing is known of CI.
    """

    name: str
    set_by_ci: str | None = None


@dataclass(frozen=True, slots=True)
class Guard:
    """Something that keeps the resource from outliving its loop; `holds` is False where it falls short.

    `text` is a phrase for people that also says why a guard falls short.
    """

    kind: GuardKind
    where: Place
    text: str
    holds: bool


@dataclass(frozen=True, slots=True)
class Reach:
    """Which tests get to a piece of code, followed by names through calls, references and fixtures.

    `tests` counts the test functions found, `examples` names at most three. `importers` counts the test files
    that import the module, directly or not. `complete` is False where the search hit its bound.
    """

    tests: int = 0
    examples: tuple[str, ...] = ()
    importers: int = 0
    complete: bool = True


@dataclass(frozen=True, slots=True)
class WireUp:
    """One async resource that is put where it outlives the event loop it binds to.

    `resource` says what it is ("redis.asyncio client"), `holder` is the dotted path to it, and `also_held_by`
    are the other paths to the same object. `made_at` is where its constructor is called, `stored_at` where it
    is put into the holder; `function` is the qualified name around the latter, "" for code that runs at import.
    """

    resource: str
    kind: ResourceKind
    holder: str
    holder_kind: HolderKind
    made_at: Place
    stored_at: Place
    function: str = ""
    at_import: bool = False
    also_held_by: tuple[str, ...] = ()
    gates: tuple[Gate, ...] = ()
    guards: tuple[Guard, ...] = ()
    reach: Reach = field(default_factory=Reach)

    @property
    def guarded(self) -> bool:
        """Whether a guard holds."""
        return any(guard.holds for guard in self.guards)


@dataclass(frozen=True, slots=True)
class ScanFinding:
    """One line of the report. `end_line` is the last line of the statement, for `# noqa` behind it."""

    code: str
    message: str
    place: Place
    end_line: int = 0
    wire_up: WireUp | None = None


@dataclass(frozen=True, slots=True)
class ScanError:
    """A file that could not be read or parsed: it is named, and the scan goes on."""

    place: Place
    message: str


@dataclass(frozen=True, slots=True)
class ScanReport:
    """Everything that one scan saw.

    `files` and `lines` count what was read, `tests` the test functions among it. `wire_ups` holds the guarded
    and the unreached ones as well, which are no findings.
    """

    root: str
    files: int = 0
    lines: int = 0
    tests: int = 0
    findings: tuple[ScanFinding, ...] = ()
    wire_ups: tuple[WireUp, ...] = ()
    errors: tuple[ScanError, ...] = ()

    @property
    def exit_code(self) -> int:
        """0 where there is nothing to report, 1 otherwise."""
        return 1 if self.findings else 0
