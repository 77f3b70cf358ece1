"""The values that everything else passes around.

All are frozen, and none knows a process, a clock or a file: a `Trial` says what to run, a `TrialResult` what
was seen, a `Finding` what is concluded. The words are the field's (see ARCHITECTURE.md).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any, Literal

NodeId = str

Phase = Literal["setup", "call", "teardown"]
Result = Literal["passed", "failed", "skipped"]

FAMILY_CROSS_LOOP = "cross-loop"
FAMILY_ASSERTION = "assertion"
FAMILY_HANG = "hang"
FAMILY_CRASH = "crash"

NEVER_SEEN = "unknown"  # the type of a signature that stands for a failure which did not show here

# One victim of a loop bug shows now one of these, now another, depending on the victims before it.
_CROSS_LOOP = re.compile(
    r"different (?:event )?loop"  # asyncio's own texts, and aiohttp's "initialized with different loop"
    r"|event loop is closed|no current event loop|no running event loop|another operation is in progress"
    r"|handler is closed",
    re.IGNORECASE,
)
_TASK = re.compile(r"<(\w*(?:Task|Future)) (?!\.\.\.>)")


class Verdict(Enum):
    """What the judge concludes about one failure from one trial."""

    REPRODUCES = "reproduces"
    DOES_NOT = "does not"
    UNRESOLVED = "unresolved"


class Ending(str, Enum):
    """How a trial ended. Only FINISHED lets the absence of a failure mean anything."""

    FINISHED = "finished"
    CRASHED = "crashed"  # a signal, os._exit, a killed child, or end of file where more was owed
    TIMEOUT = "timeout"  # no sign of life for the trial's time limit
    COLLECTION_ERROR = "collection error"
    NO_TESTS = "no tests"
    USAGE_ERROR = "usage error"  # pytest refused its arguments or its configuration
    INTERNAL_ERROR = "internal error"  # pytest's INTERNALERROR
    STOPPED = "stopped"  # pytest.exit(), a KeyboardInterrupt that a test raised
    CANCELLED = "cancelled"  # we ended it


def normalise_message(message: str) -> str:
    """Return `message` without what differs from run to run.

    Takes the first non-empty line; addresses, numbers, quoted text, paths and the insides of brackets give way
    to a mark. The result is for comparing, not for reading.
    """
    line = next((stripped for part in message.splitlines() if (stripped := part.strip())), "")
    line = re.sub(r"<[^<>]*>", "<>", line)
    line = re.sub(r"(['\"]).*?\1", "''", line)
    line = re.sub(r"\[.*\]", "[]", line)
    line = re.sub(r"\{.*\}", "{}", line)
    line = re.sub(r"(?:[A-Za-z]:)?(?:[/\\][\w.\-+]+){2,}", "PATH", line)
    line = re.sub(r"\b0x[0-9a-fA-F]+\b|\b[0-9a-fA-F]{8,}\b", "N", line)
    line = re.sub(r"\d+(?:\.\d+)?", "N", line)
    return line[:200]


def _without_tasks(line: str) -> str:
    """`line` with "<Task ...>" for what the repr of a task says, and so for futures; both may hold other reprs."""
    start = 0
    while (found := _TASK.search(line, start)) is not None:
        depth, end = 0, found.start()
        for end in range(found.start(), len(line)):
            depth += {"<": 1, ">": -1}.get(line[end], 0)
            if depth == 0:
                break
        if depth:
            return line  # it was cut off
        shown = f"<{found[1]} ...>"
        line = f"{line[: found.start()]}{shown}{line[end + 1 :]}"
        start = found.start() + len(shown)
    return line


@dataclass(frozen=True, slots=True)
class Signature:
    """What makes two failures the same failure.

    `type` is the exception's qualified name, `where` the innermost line of the user's own code
    ("tests/test_a.py:12"), `message` the text as raised, `phase` the part of the test that raised it, and
    `chain` the exceptions behind it (causes, contexts, members of a group), outermost first.
    """

    type: str
    where: str
    message: str
    phase: Phase
    chain: tuple[str, ...] = ()

    @property
    def family(self) -> str:
        """The family whose members count as one failure; "" where only an exact match does."""
        if self.type == "Hang":
            return FAMILY_HANG
        if self.type == "Crash":
            return FAMILY_CRASH
        if any(_CROSS_LOOP.search(text) for text in (self.message, *self.chain)):
            return FAMILY_CROSS_LOOP
        if self.type == "AssertionError":
            return FAMILY_ASSERTION
        return ""

    @property
    def key(self) -> str:
        """Equal keys mean the same failure. Stable from run to run and from machine to machine."""
        family = self.family
        if family in (FAMILY_CROSS_LOOP, FAMILY_HANG, FAMILY_CRASH):
            return family
        if family == FAMILY_ASSERTION:
            # pytest writes the compared values into the message, and those depend on what ran before.
            return f"{self.phase}|{self.type}|{self.where}"
        return f"{self.phase}|{self.type}|{self.where}|{normalise_message(self.message)}"

    def same_as(self, other: Signature) -> bool:
        """Tell whether both are the same failure."""
        return self.key == other.key

    @property
    def headline(self) -> str:
        """One line for people: the type and the first line of the message, tasks and futures by their kind alone."""
        first = _without_tasks(next((line.strip() for line in self.message.splitlines() if line.strip()), ""))
        short = self.type.rsplit(".", 1)[-1]
        return f"{short}: {first}" if first else short


@dataclass(frozen=True, slots=True)
class Outcome:
    """One test in one trial, over setup, call and teardown: a teardown error is a failure.

    `signatures` holds the failure of each phase that failed, in phase order. A test that was running when its
    process crashed or was killed for silence has failed with a signature of type "Crash" or "Hang".
    """

    nodeid: NodeId
    result: Result
    signatures: tuple[Signature, ...] = ()
    seconds: float = 0.0

    @property
    def failed(self) -> bool:
        return self.result == "failed"

    def shows(self, signature: Signature) -> bool:
        """Tell whether this outcome has the failure `signature` in any phase."""
        return any(mine.same_as(signature) for mine in self.signatures)


@dataclass(frozen=True, slots=True)
class Health:
    """A container's health check, a command for its shell; times are in seconds, None where nothing says."""

    command: str
    interval: float | None = None
    timeout: float | None = None
    retries: int | None = None
    start_period: float | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Where CI's variables find a service: `host` and `port` lead to the service's own port `inside`.

    0 for both ports stands for every port that the service has.
    """

    host: str
    port: int
    inside: int


@dataclass(frozen=True, slots=True)
class Service:
    """A service that trials run against. `url` is None until it is started.

    `env`, `command` and `health` are the container's own, as CI gives them; `places` say where CI's variables find it.
    `prepare` is a command for sh that is run once it is there: what it leaves is the state before each trial.
    """

    name: str  # "redis"
    kind: str = "auto"  # "url", "docker", "local", "embedded", "emulated"
    image: str | None = None
    version: str = ""
    url: str | None = None
    env: tuple[tuple[str, str], ...] = ()
    command: tuple[str, ...] = ()
    health: Health | None = None
    places: tuple[Place, ...] = ()
    prepare: str = ""


@dataclass(frozen=True, slots=True)
class Condition:
    """Everything that CI sets besides the order.

    `args` are pytest's own arguments, paths included. `env` holds what is added to the environment that the
    tool was started in. `random_seed` is what pytest-randomly reseeds with, where it is installed.
    `invocation` is "pytest" or "python -m pytest": the second puts the working directory on sys.path.
    `coverage_words` say how coverage is turned on or off: arguments of pytest-cov, or "coverage run ..." where that
    starts pytest.
    """

    args: tuple[str, ...] = ()
    env: tuple[tuple[str, str], ...] = ()
    services: tuple[str, ...] = ()
    coverage: bool = False
    workers: int = 1
    hash_seed: str = "0"
    random_seed: int = 1
    invocation: Literal["pytest", "python -m pytest"] = "pytest"
    coverage_words: tuple[str, ...] = ()

    @property
    def arguments(self) -> tuple[str, ...]:
        """All of pytest's arguments, those that turn coverage on or off included."""
        return self.args if self.under_coverage_run else (*self.args, *self.coverage_words)

    @property
    def under_coverage_run(self) -> bool:
        return self.coverage_words[:1] == ("coverage",)

    def without_coverage(self) -> Condition:
        """The same without coverage."""
        return replace(self, coverage=False, coverage_words=() if self.under_coverage_run else ("--no-cov",))


@dataclass(frozen=True, slots=True)
class Worker:
    """Who a process is among the workers of a pytest-xdist run: "gw1", one of `count`, in the run `run`."""

    id: str
    count: int
    run: str = ""  # what the testrun_uid fixture gives


@dataclass(frozen=True, slots=True)
class Lane:
    """The order of one worker."""

    worker: Worker
    order: tuple[NodeId, ...]


Dist = Literal["load", "loadscope", "loadfile", "loadgroup", "worksteal"]


@dataclass(frozen=True, slots=True)
class Trial:
    """One order, run once, under one condition.

    `order` None runs everything as the user's own command orders it. `collect` None collects as the user's
    command does; otherwise only these paths (relative to the root) are collected. `attempt` tells repeats
    apart: they are distinct values. `timeout` is how long, in seconds, the trial may show no sign of life.
    With `traced` the result carries evidence about the last test of the order: loops, holders, what was changed.
    With `probe`, those tests are run in a forked child of their own at the start and again after each test of the
    order (which then does not hold them), and the result carries the outcomes of the last of them.

    Three ways to run what workers run, of which a trial has at most one: with `worker` the process has that
    worker's identity; with `lanes` each of them runs in a process of its own, all at the same time; with `dist`
    the suite is run by pytest-xdist itself, in that mode, on `condition.workers` workers.
    """

    order: tuple[NodeId, ...] | None
    condition: Condition
    attempt: int = 0
    collect: tuple[str, ...] | None = None
    timeout: float = 300.0
    probe: tuple[NodeId, ...] = ()
    worker: Worker | None = None
    lanes: tuple[Lane, ...] = ()
    dist: Dist | None = None
    traced: bool = False

    def key(self) -> str:
        """A digest that is equal for equal trials (the time limit apart), in every process."""
        parts: tuple[object, ...] = (self.order, self.condition, self.attempt, self.collect, self.probe)
        if self.worker is not None or self.lanes or self.dist is not None:
            parts += (self.worker, self.lanes, self.dist)
        if self.traced:
            parts += ("traced",)
        text = repr(parts)
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:24]


@dataclass(frozen=True, slots=True)
class LaneResult:
    """What one worker of a trial did. `places` says which outcomes of the trial's result are its own, in order.

    `spans` has the start and the end of each of them, in seconds on a clock that all workers of the trial share.
    """

    worker: Worker
    places: tuple[int, ...]
    ending: Ending
    detail: str = ""
    spans: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True, slots=True)
class TrialResult:
    """What one trial showed. `outcomes` are in the order in which the tests were run (with workers: started).

    `missing` names the ids that were asked for and not collected. `detail` is one sentence on an ending that
    was not FINISHED. `probes` has one entry for each place a probe ran: index 0 before any test, index i after
    the i-th; None where the probe gave no outcome.
    """

    outcomes: tuple[Outcome, ...]
    ending: Ending
    runner: str  # "fork" or "fresh"
    detail: str = ""
    seconds: float = 0.0
    missing: tuple[NodeId, ...] = ()
    probes: tuple[Outcome | None, ...] = ()
    notes: tuple[str, ...] = ()  # oddities that did not change the ending, e.g. a process that would not exit
    lanes: tuple[LaneResult, ...] = ()  # where several workers ran the trial
    trace: tuple[str, ...] = ()  # what a traced trial recorded: JSON, one event each (bisect_loop.provenance reads it)

    def of(self, nodeid: NodeId) -> Outcome | None:
        """The outcome of `nodeid`, None where it was not run. The last one counts where it ran twice."""
        for outcome in reversed(self.outcomes):
            if outcome.nodeid == nodeid:
                return outcome
        return None

    @property
    def failed(self) -> tuple[Outcome, ...]:
        return tuple(outcome for outcome in self.outcomes if outcome.failed)


@dataclass(frozen=True, slots=True)
class Suite:
    """What collection showed. `nodeids` are in the default order."""

    root: str
    nodeids: tuple[NodeId, ...]
    python: str
    pytest: str
    plugins: tuple[str, ...] = ()
    startup_seconds: float = 0.0
    invocation_dir: str = ""
    loops: bool = False  # whether the user's own modules have to do with event loops


@dataclass(frozen=True, slots=True)
class NamedOrder:
    """An order with the name under which it is reported: "default", "reverse", "shuffle:3", "file"."""

    name: str
    order: tuple[NodeId, ...]
    seed: int | None = None


Kind = Literal["victim", "brittle", "cross-process", "nondeterministic", "always-fails", "import-time"]


@dataclass(frozen=True, slots=True)
class Confirmation:
    """What fresh processes of plain pytest showed: k of n for each arm."""

    minimal_failed: tuple[int, int] = (0, 0)
    victim_alone_passed: tuple[int, int] = (0, 0)


# The resource of a cause where a test took the main thread's current loop away.
CURRENT_LOOP = "the current event loop"
# That of a cause where an object of the user's keeps a loop itself; `bound_at` is the line that stores it there.
LOOP = "event loop"


def is_module(nodeid: str) -> bool:
    """Whether a node id is that of a module, which stands for a test where its import did something."""
    return "::" not in nodeid


@dataclass(frozen=True, slots=True)
class Cause:
    """Why it fails, as the tracer recorded it: section 9 of the JSON result has the same fields.

    A test's module stands for a test where its import made or bound something. `used_by` is the test that used it
    where that was another than the victim, `loop_open` tells that its loop was not closed when the victim began,
    `at_import` that `bound_at` was run by an import. `taken_by` took a lock, at `taken_at`, and kept it.
    """

    resource: str
    holder: str
    bound_at: str
    bound_by: NodeId
    loop_made_by: NodeId
    loop_closed_after: NodeId
    used_at: str
    confidence: Literal["proved", "likely"]
    function: str = ""  # the one around bound_at; "" for code that runs at import
    also_held_by: tuple[str, ...] = ()
    gates: tuple[str, ...] = ()  # environment variables without which it is not made
    used_by: NodeId = ""
    loop_open: bool = False
    at_import: bool = False
    taken_by: NodeId = ""
    taken_at: str = ""


# How the `before` of a change begins where one of two names of an object was bound anew: the other name follows.
SAME_OBJECT = "the same object as "


@dataclass(frozen=True, slots=True)
class Change:
    """Something that differs after the polluter ran: "app.settings.DEBUG", or "os.environ['TZ']".

    `before` and `after` are short texts for people, "" for what is not there. `by` is the test that changed it.
    `container` is the builtin kind ("list", "dict", "deque" ...) of what was changed, or of what an item changed of:
    of CACHE for "app.CACHE['a']". `same` tells that the very same container is still there, so not bound anew.
    """

    what: str
    before: str
    after: str
    by: NodeId
    container: str = ""
    same: bool = False


@dataclass(frozen=True, slots=True)
class Fix:
    """A mend that was tried on a copy of the tree, or (with `verified` None) only thought of.

    `verified` is k of n: how many runs of the minimal order passed with it; where those all passed and another run
    did not, how many of all runs. `title` is a phrase for people that says what is done where, `cost` what it costs
    them, `note` what they must know besides: what is left, or why it was rejected. `runs` has (what was run, k, n).
    `diff` is a unified diff whose paths are relative to the root.
    """

    kind: str
    where: str
    diff: str | None = None
    verified: tuple[int, int] | None = None
    title: str = ""
    cost: str = ""
    note: str = ""
    runs: tuple[tuple[str, int, int], ...] = ()

    @property
    def works(self) -> bool:
        """Whether every run with it passed."""
        return self.verified is not None and 0 < self.verified[1] == self.verified[0]


@dataclass(frozen=True, slots=True)
class Replay:
    """The command that shows the failure with plain pytest. `ran` is true when that very text was executed."""

    command: str = ""
    ran: bool = False


@dataclass(frozen=True, slots=True)
class Needs:
    """Which conditions the failure needs; `spared` names those that were taken away and did not matter."""

    env: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    coverage: bool = False
    workers: int = 1
    plugins: tuple[str, ...] = ()
    hash_seed: bool = False
    spared: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """One victim with its roles, evidence, confirmation and replay command.

    `minimal_order` ends with the victim. For a brittle test it is [setter, victim]: the order that passes. `incidental`
    are those of several polluters in whose place tests of other modules did as well.
    """

    kind: Kind
    victim: NodeId
    signature: Signature
    minimal_order: tuple[NodeId, ...]
    polluters: tuple[NodeId, ...] = ()
    import_polluters: tuple[str, ...] = ()
    setters: tuple[NodeId, ...] = ()
    cleaners: tuple[NodeId, ...] = ()
    other_polluting_sets: tuple[tuple[NodeId, ...], ...] = ()
    incidental: tuple[NodeId, ...] = ()
    confirmed: bool = False
    confirmation: Confirmation = field(default_factory=Confirmation)
    failure_rate: float = 1.0
    confidence: float = 0.0
    needs: Needs = field(default_factory=Needs)
    cause: Cause | None = None
    changes: tuple[Change, ...] = ()  # what the polluters left changed, the likeliest reason first
    fixes: tuple[Fix, ...] = ()
    replay: Replay = field(default_factory=Replay)
    note: str = ""  # one sentence that the reader needs besides: why it is not confirmed, what was odd
    seen_in: tuple[str, ...] = ()  # names of the orders that showed it
    lanes: tuple[Lane, ...] = ()  # of a cross-process finding: which tests ran side by side, the victim last in its own
    worker: Worker | None = None  # whose identity the minimal order needs, None where it needs none
    leaks: tuple[str, ...] = ()  # what polluters leave in services, a sentence each
    compared: bool = False  # whether the state around the accused was compared: then no changes means none seen

    @property
    def id(self) -> str:
        """Stable across runs: made from the victim, the polluters and the signature."""
        text = "\x00".join((self.victim, *self.polluters, *self.import_polluters, self.signature.key))
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:6]

    def explains(self, before: Sequence[NodeId]) -> bool:
        """Whether all of one polluting set are among what ran `before` the victim."""
        needed = set(self.polluters).difference(self.incidental)  # any other test does in the place of those
        return any(set(one).issubset(before) for one in (needed, *self.other_polluting_sets))


@dataclass(frozen=True, slots=True)
class OrderTried:
    """One whole order that was run, and what failed in it."""

    name: str
    seed: int | None
    failed: tuple[NodeId, ...]
    ending: str = Ending.FINISHED.value


@dataclass(frozen=True, slots=True)
class Cost:
    """What a run took."""

    trials_fork: int = 0
    trials_fresh: int = 0
    tests_executed: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class RunReport:
    """Everything that one run concluded: recorded once, rendered many ways, never re-run by a report."""

    suite: Suite
    env: tuple[tuple[str, str], ...]
    services: tuple[Service, ...]
    coverage: bool
    workers: int
    sources: tuple[str, ...]
    orders_tried: tuple[OrderTried, ...]
    findings: tuple[Finding, ...]
    cost: Cost
    stopped_because: Literal["done", "budget", "interrupted"]
    notes: tuple[str, ...] = ()  # what the reader must know: fork refused and why, width lowered and why


Json = dict[str, Any]
