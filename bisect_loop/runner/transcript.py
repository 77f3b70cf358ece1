"""Reads the events that one process wrote, and judges how it ended."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from bisect_loop.model import Ending, Json, Outcome, Signature, TrialResult, Worker

# Events of a trace that are kept; inside/ writes far fewer.
_MOST_TRACED = 500


@dataclass(slots=True)
class Transcript:
    """The events of one trial, sorted by kind."""

    outcomes: list[Outcome] = field(default_factory=list)
    probes: dict[int, Outcome] = field(default_factory=dict)
    running: str | None = None
    missing: tuple[str, ...] = ()
    collection_errors: list[tuple[str, str]] = field(default_factory=list)
    internal_error: str = ""
    stopped: str = ""
    launched: bool = False  # the interpreter understood our first lines
    refused: str = ""  # the interpreter has no pytest, or one that is too old or broken
    collected: int | None = None
    status: int | None = None
    ended: bool = False
    spans: list[tuple[float, float]] = field(default_factory=list)  # of the outcomes: start and end, perf_counter's
    began: float = 0.0  # the start of what is running, or ran last
    worker: Worker | None = None
    given: Json = field(default_factory=dict)  # what the controller gave that worker
    trace: list[str] = field(default_factory=list)  # the events of a traced trial, as they stand in the file
    down: dict[str, str] = field(default_factory=dict)  # the workers that died, and what is known of it


def _events(path: Path) -> Iterator[Json]:
    try:
        lines = path.read_bytes().split(b"\n")
    except FileNotFoundError:
        return
    for line in lines:
        if line:
            try:
                yield json.loads(line)
            except ValueError:  # the line that a killed process was writing
                continue


def _outcome(event: Json) -> Outcome:
    signatures = tuple(
        Signature(s["type"], s["where"], s["message"], s["phase"], tuple(s["chain"])) for s in event.get("sig", ())
    )
    return Outcome(event["id"], event["r"], signatures, event["t"])


def read(path: Path) -> Transcript:
    """Return the transcript of the event file `path`; a missing file gives an empty one."""
    seen = Transcript()
    for event in _events(path):
        kind = event["k"]
        if kind == "start":
            seen.running, seen.began = event["id"], event["at"]
        elif kind == "done":
            seen.running = None
            seen.outcomes.append(_outcome(event))
            seen.spans.append((seen.began, seen.began + event["t"]))
        elif kind == "worker":
            seen.worker = Worker(event["id"], event["count"], event["run"])
            seen.given = event["given"]
        elif kind == "worker-down":
            seen.down[event["id"]] = event["text"]
        elif kind == "trace":
            if len(seen.trace) < _MOST_TRACED:
                seen.trace.append(json.dumps(event))
        elif kind == "probe":
            seen.probes[event["at"]] = _outcome(event)
        elif kind == "missing":
            seen.missing = tuple(event["ids"])
        elif kind == "collection-error":
            seen.collection_errors.append((event["id"], event["text"]))
        elif kind == "internal-error":
            seen.internal_error = event["text"]
        elif kind == "stopped":
            seen.stopped = event["text"]
            seen.running = None  # what stopped the session cut this test short: it has no outcome
        elif kind == "launched":
            seen.launched = True
        elif kind in ("unsupported", "no-pytest", "broken-pytest"):
            seen.refused = f"{kind}: {event['text']}"
        elif kind == "collected":
            seen.collected = event["n"]
        elif kind == "finish":
            seen.status = event["status"]
        elif kind == "end":
            seen.ended = True
    return seen


def describe_exit(status: int) -> str:
    """Say how a process ended; `status` is subprocess's: negative for a signal."""
    if status < 0:
        try:
            return f"killed by {signal.Signals(-status).name}"
        except ValueError:
            return f"killed by signal {-status}"
    return f"exited with status {status}"


def last_words(output: str, status: int | None) -> str:
    """What a program that never came to our first line said for itself, or how it ended where it said nothing.

    Python names its error in the last line, a shell in the first.
    """
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    if not lines:
        return describe_exit(status if status is not None else -signal.SIGKILL)
    return (lines[-1] if "Error" in lines[-1] else lines[0])[:300]


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1][:300] if lines else ""


def conclude(
    seen: Transcript,
    *,
    status: int | None,
    timed_out: bool,
    cancelled: bool,
    output: str,
    runner: str,
    seconds: float,
    timeout: float,
    probe_places: int = 0,
    died: str = "",
) -> TrialResult:
    """Turn a transcript and the end of its process into a TrialResult.

    `status` is the exit status as subprocess gives it (None where it was killed for silence), `output` the tail
    of what the process printed, `timeout` the silence in seconds that is taken for a hang. `died` says how the process
    ended where `status` cannot.
    """
    notes: tuple[str, ...] = ()
    detail = ""
    outcomes = list(seen.outcomes)
    complete = seen.status is not None and seen.running is None
    if cancelled and not complete:
        ending = Ending.CANCELLED
    elif seen.refused:
        ending, detail = Ending.USAGE_ERROR, seen.refused
    elif seen.internal_error:
        ending, detail = Ending.INTERNAL_ERROR, seen.internal_error
    elif complete:
        ending = Ending.FINISHED
        if timed_out:
            notes = ("the process did not exit after its last test and was ended",)
        if seen.collection_errors:
            ending, detail = Ending.COLLECTION_ERROR, collection_detail(seen)
        elif seen.stopped:
            ending, detail = Ending.STOPPED, seen.stopped
        elif seen.status == 4:
            ending, detail = Ending.USAGE_ERROR, _last_line(output)
        elif seen.status == 3:
            ending, detail = Ending.INTERNAL_ERROR, _last_line(output)
        elif seen.status == 5:
            ending = Ending.NO_TESTS
    elif timed_out:
        ending = Ending.TIMEOUT
        place = f"in {seen.running}" if seen.running else "outside any test"
        detail = f"no sign of life for {timeout:g} s {place}"
    elif (
        seen.collected is None
        and seen.running is None
        and not outcomes
        and status is not None
        and status in (1, 2, 3, 4)
    ):
        ending, detail = Ending.USAGE_ERROR, usage_detail(output)
    else:
        how = died or describe_exit(status if status is not None else -9)
        ending, detail = Ending.CRASHED, how if seen.running is None else f"{how} in {seen.running}"
    if seen.running is not None and ending in (Ending.TIMEOUT, Ending.CRASHED):
        kind = "Hang" if ending is Ending.TIMEOUT else "Crash"
        outcomes.append(Outcome(seen.running, "failed", (Signature(kind, "", detail, "call"),)))
    probes = tuple(seen.probes.get(place) for place in range(probe_places))
    return TrialResult(
        tuple(outcomes), ending, runner, detail, seconds, seen.missing, probes, notes, trace=tuple(seen.trace)
    )


def collection_detail(seen: Transcript) -> str:
    """One sentence on the modules that could not be collected."""
    where, text = seen.collection_errors[0]
    reason = next((line[1:].strip() for line in reversed(text.splitlines()) if line.startswith("E ")), _last_line(text))
    more = len(seen.collection_errors) - 1
    return f"{where or 'the suite'} cannot be collected: {reason}" + (f" (and {more} more)" if more else "")


def usage_detail(output: str) -> str:
    """The line in which pytest said why it would not start."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    for marker in ("error: ", "ERROR: ", "E  ", "Error: "):
        for line in reversed(lines):
            if marker in line and "usage:" not in line:
                return line.split(marker, 1)[1].strip()[:300] if marker != "Error: " else line[:300]
    return lines[-1][:300] if lines else "pytest did not start"
