"""What inside/ recorded of one traced trial, as values.

An event that is not understood is left out: evidence only ranks and explains, so its absence harms nobody.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from bisect_loop.model import Json, NodeId

CLOSED = "closed"
FOREIGN = "foreign"
NO_LOOP = "no loop"
HELD = "held"
IMPORT = "import"  # the phase of what a module does as it is imported


@dataclass(frozen=True, slots=True)
class Site:
    """A line of the user's ("backend/api/main.py:42") and the function around it."""

    at: str
    function: str


@dataclass(frozen=True, slots=True)
class Happening:
    """When something happened, and the user's lines that led there, innermost first. `loop` is a loop's number."""

    test: NodeId
    phase: str = ""
    fixture: str = ""
    sites: tuple[Site, ...] = ()
    loop: int = 0

    @property
    def site(self) -> Site | None:
        return self.sites[0] if self.sites else None


@dataclass(frozen=True, slots=True)
class SeenLoop:
    """An event loop. `born` is None where it was there before the trial began, `died` while it is not closed."""

    number: int
    kind: str
    born: Happening | None
    died: Happening | None
    pending: tuple[str, ...] = ()  # the tasks that were alive when it ended
    binds: tuple[Happening, ...] = ()  # the first transports that the user's lines opened on it


@dataclass(frozen=True, slots=True)
class Step:
    """One object on a way. `made` is where its constructor was called, `bound` when it was bound to a loop.

    `early` says that it was there when the trace began, though its constructor is one that is watched.
    """

    label: str
    type: str
    own: bool
    made: Happening | None = None
    bound: Happening | None = None
    task: str = ""
    early: bool = False


@dataclass(frozen=True, slots=True)
class Held:
    """A name under which something is held: `name` in the module that is `file` ("" for what is no module)."""

    holder: str
    file: str
    name: str


@dataclass(frozen=True, slots=True)
class Way:
    """How a loop can be reached. `head` is the index of the first object on it that a library made."""

    steps: tuple[Step, ...]
    head: int
    holders: tuple[Held, ...]
    taken: Happening | None = None  # of a lock that was never given back, or a task that runs on: whose it is
    loop: SeenLoop | None = None  # of a task that runs on

    @property
    def types(self) -> tuple[str, ...]:
        """The types from the head on."""
        return tuple(step.type for step in self.steps[self.head :])


@dataclass(frozen=True, slots=True)
class Touch:
    """A test used something of another loop. `libraries` are the modules between that and the user's line.

    `test` is "" for the victim itself, else an earlier test that used a loop of somebody else.
    """

    how: str
    loop: SeenLoop | None
    phase: str
    fixture: str
    sites: tuple[Site, ...]
    libraries: tuple[str, ...] = ()
    type: str = ""
    made: Happening | None = None
    bound: Happening | None = None
    taken: Happening | None = None
    unset: Happening | None = None
    test: NodeId = ""


@dataclass(frozen=True, slots=True)
class Fixture:
    """A fixture of the user's that a test requests."""

    name: str
    scope: str
    loop_scope: str | None
    at: str


@dataclass(frozen=True, slots=True)
class TraceRecord:
    """Everything that one traced trial says of its victim.

    `held` are the loops that could be reached when the victim began, each with the ways to it; `stuck` the locks
    that were taken and not given back; `waiting` what tasks that run on wait for, each with its task as the last step;
    `touches` are the victim's, `misuses` those of earlier tests; `cut` says that a bound ended the walk.
    """

    held: tuple[tuple[SeenLoop, tuple[Way, ...]], ...] = ()
    stuck: tuple[Way, ...] = ()
    waiting: tuple[Way, ...] = ()
    touches: tuple[Touch, ...] = ()
    misuses: tuple[Touch, ...] = ()
    fixtures: tuple[tuple[NodeId, tuple[Fixture, ...]], ...] = ()
    changes: tuple[Json, ...] = field(default=())
    cut: bool = False

    def ways(self, number: int) -> tuple[Way, ...]:
        """The ways to the loop with this number."""
        return next((ways for loop, ways in self.held if loop.number == number), ())


def read(lines: Iterable[str]) -> TraceRecord:
    """Return what the events in `lines` (TrialResult.trace) say."""
    held: list[tuple[SeenLoop, tuple[Way, ...]]] = []
    stuck: list[Way] = []
    waiting: list[Way] = []
    touches: list[Touch] = []
    victim = ""
    fixtures: list[tuple[NodeId, tuple[Fixture, ...]]] = []
    changes: list[Json] = []
    cut = False
    for line in lines:
        try:
            event = json.loads(line)
            what = event["what"]
            if what == "census":
                held += [(_loop(one["loop"]), tuple(map(_way, one["ways"]))) for one in event["held"]]
                stuck += map(_way, event["stuck"])
                waiting += map(_way, event.get("waiting", ()))
                cut = cut or bool(event["cut"])
            elif what == "touch":
                touches.append(_touch(event))
            elif what == "fixtures":
                victim = event["of"]
                fixtures.append((event["of"], tuple(Fixture(**one) for one in event["fixtures"])))
            elif what == "changes":
                changes.append(event)
        except (ValueError, KeyError, TypeError, IndexError):
            continue
    return TraceRecord(
        tuple(held),
        tuple(stuck),
        tuple(waiting),
        tuple(replace(touch, test="") for touch in touches if touch.test in ("", victim)),
        tuple(touch for touch in touches if touch.test not in ("", victim)),
        tuple(fixtures),
        tuple(changes),
        cut,
    )


def _sites(data: Sequence[Sequence[str]]) -> tuple[Site, ...]:
    return tuple(Site(at, function) for at, function in data)


def _happening(data: Json | None) -> Happening | None:
    if data is None:
        return None
    return Happening(
        data["test"], data["phase"], data["fixture"], _sites(data.get("stack", ())), int(data.get("loop", 0))
    )


def _loop(data: Json) -> SeenLoop:
    pending = tuple(str(task["name"]) for task in data["pending"])
    binds = tuple(event for event in map(_happening, data.get("binds", ())) if event is not None)
    return SeenLoop(data["number"], data["kind"], _happening(data["born"]), _happening(data["died"]), pending, binds)


def _way(data: Json) -> Way:
    steps = tuple(
        Step(
            one["label"],
            one["type"],
            one["own"],
            _happening(one.get("made")),
            _happening(one.get("bound")),
            one.get("task", ""),
            bool(one.get("early", False)),
        )
        for one in data["steps"]
    )
    holders = tuple(Held(one["holder"], one["file"], one["name"]) for one in data["holders"])
    loop = data.get("loop")
    return Way(steps, data["head"], holders, _happening(data.get("taken")), None if loop is None else _loop(loop))


def _touch(data: Json) -> Touch:
    return Touch(
        how=data["how"],
        loop=None if data["loop"] is None else _loop(data["loop"]),
        phase=data["phase"],
        fixture=data["fixture"],
        sites=_sites(data["stack"]),
        libraries=tuple(data["libraries"]),
        type=data.get("type", ""),
        made=_happening(data.get("made")),
        bound=_happening(data.get("bound")),
        taken=_happening(data.get("taken")),
        unset=_happening(data.get("unset")),
        test=str(data.get("test", "")),
    )
