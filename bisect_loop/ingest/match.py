"""From the ids in a log to the ids that are collected here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from bisect_loop.ingest.junit import xml_names
from bisect_loop.ingest.recording import MAIN, Lane, Recording, Seen, SeenAs
from bisect_loop.model import NodeId

_LETTERS: dict[str, SeenAs] = {
    ".": "passed",
    "F": "failed",
    "E": "error",
    "s": "skipped",
    "x": "xfailed",
    "X": "xpassed",
}


@dataclass(frozen=True, slots=True)
class Resolution:
    """A recording in terms of collected ids.

    `missing` names what the log has and is not collected here, `ambiguous` what several collected ids could be,
    with all of them; both are left out of the lanes, and `recording.notes` says so.
    """

    recording: Recording
    missing: tuple[str, ...] = ()
    ambiguous: tuple[tuple[str, tuple[NodeId, ...]], ...] = ()


def resolve(recording: Recording, collected: Sequence[NodeId]) -> Resolution:
    """Replace every id of `recording` by the collected one that it means.

    An id is taken as it is where it is collected. Else: without xdist's "@group"; without what the test printed
    behind it; with another directory in front (CI ran elsewhere in the repository); by JUnit's classname and name.
    Where dots are all there is and nothing shuffled, the order inside of each file is taken from `collected`.
    """
    index = _Index(collected)
    cache: dict[str, tuple[NodeId, ...]] = {}

    def meant(text: str) -> tuple[NodeId, ...]:
        if text not in cache:
            cache[text] = index.junit(text) if recording.format == "junit" else index.console(text)
        return cache[text]

    texts = [test.raw or test.nodeid for lane in recording.lanes for test in lane.tests]
    texts += [*recording.failed, *recording.crashed, *(failure.nodeid for failure in recording.failures)]
    raws = {test.nodeid: test.raw or test.nodeid for lane in recording.lanes for test in lane.tests}

    def one(text: str) -> NodeId | None:
        found = meant(raws.get(text, text))
        return found[0] if len(found) == 1 else None

    lanes = tuple(Lane(lane.worker, tuple(_kept(lane.tests, one))) for lane in recording.lanes)
    shown = {text: raws.get(text, text) for text in texts}
    missing = tuple(dict.fromkeys(text for text in shown.values() if not meant(text)))
    ambiguous = tuple((text, meant(text)) for text in dict.fromkeys(shown.values()) if len(meant(text)) > 1)
    failures = (replace(failure, nodeid=one(failure.nodeid) or "") for failure in recording.failures)
    found = replace(
        recording,
        lanes=lanes,
        failures=tuple(failure for failure in failures if failure.nodeid),
        failed=tuple(dict.fromkeys(nodeid for text in recording.failed if (nodeid := one(text)))),
        crashed=tuple(nodeid for text in recording.crashed if (nodeid := one(text))),
        notes=(*recording.notes, *_notes(missing, ambiguous)),
    )
    if not lanes and recording.files:
        found = _from_dots(found, index)
    return Resolution(found, missing, ambiguous)


class _Index:
    """The collected ids by what a log may show of them."""

    def __init__(self, collected: Sequence[NodeId]) -> None:
        self._all = set(collected)
        self.by_file: dict[str, list[NodeId]] = {}
        self._by_name: dict[str, list[NodeId]] = {}
        self._by_xml: dict[tuple[str, str], list[NodeId]] = {}
        for nodeid in collected:
            file, _, name = nodeid.partition("::")
            self.by_file.setdefault(file, []).append(nodeid)
            self._by_name.setdefault(name, []).append(nodeid)
            self._by_xml.setdefault(xml_names(nodeid), []).append(nodeid)

    def console(self, text: str) -> tuple[NodeId, ...]:
        text = text.rstrip()
        if text in self._all:
            return (text,)
        plain = text.rpartition("@")[0]
        if plain in self._all:
            return (plain,)
        file, _, name = text.partition("::")
        behind = [nodeid for nodeid in self.by_file.get(file, ()) if text.startswith(nodeid + " ")]
        if behind:
            return (max(behind, key=len),)
        for candidate in dict.fromkeys((name, name.rpartition("@")[0])):
            elsewhere = [nodeid for nodeid in self._by_name.get(candidate, ()) if _same_file(file, nodeid)]
            if elsewhere:
                return tuple(elsewhere)
        return ()

    def junit(self, text: str) -> tuple[NodeId, ...]:
        if text in self._all:
            return (text,)
        classname, _, name = _split_case(text)
        found = self._by_xml.get((classname, name), [])
        if not found:
            # --junitprefix stands in front; a run from another directory lacks or adds a directory.
            found = [
                nodeid
                for (known, other), ids in self._by_xml.items()
                if other == name and (classname.endswith("." + known) or known.endswith("." + classname))
                for nodeid in ids
            ]
        return tuple(found) or self.console(text)

    def file(self, shown: str) -> str | None:
        fits = [file for file in self.by_file if file == shown] or [
            file for file in self.by_file if _same_path(shown, file)
        ]
        return fits[0] if len(fits) == 1 else None


def _split_case(text: str) -> tuple[str, str, str]:
    """Split "classname::name": the name may hold "::" inside of its brackets."""
    head, bracket, parameters = text.partition("[")
    classname, separator, name = head.rpartition("::")
    return classname, separator, name + bracket + parameters


def _same_file(shown: str, nodeid: NodeId) -> bool:
    return _same_path(shown, nodeid.partition("::")[0])


def _same_path(shown: str, path: str) -> bool:
    """Tell whether one path ends in the other, whole names only; "../" in front counts for nothing."""
    while shown.startswith(("../", "./")):
        shown = shown.partition("/")[2]
    return shown == path or shown.endswith("/" + path) or path.endswith("/" + shown)


def _kept(tests: Iterable[Seen], one: Callable[[str], NodeId | None]) -> Iterable[Seen]:
    for test in tests:
        nodeid = one(test.nodeid)
        if nodeid is not None:
            yield replace(test, nodeid=nodeid, raw="")


def _notes(missing: Sequence[str], ambiguous: Sequence[tuple[str, tuple[NodeId, ...]]]) -> list[str]:
    notes = []
    if missing:
        more = f" and {len(missing) - 3} more" if len(missing) > 3 else ""
        notes.append(f"The log has tests that are not collected here: {', '.join(missing[:3])}{more}.")
    for text, candidates in ambiguous[:3]:
        notes.append(f"{text} could be any of {', '.join(candidates)}: it is left out of the order.")
    if len(ambiguous) > 3:
        notes.append(f"{len(ambiguous) - 3} more ids of the log are ambiguous.")
    return notes


def _from_dots(recording: Recording, index: _Index) -> Recording:
    """Make a lane of the files and the collected order, where letters and tests agree file by file."""
    if recording.seed is not None or recording.workers:
        return recording
    torn_down = {failure.nodeid for failure in recording.failures if failure.phase == "teardown"}
    tests: list[Seen] = []
    for run in recording.files:
        aligned = _aligned(index.by_file.get(index.file(run.file) or "", []), run.letters, torn_down)
        if aligned is None:
            return recording
        tests += aligned
    lane = Lane(MAIN, tuple(tests))
    if not lane.failed or set(lane.failed) != set(recording.failed):
        return recording
    note = "The order inside of each file is that of the collection here; the failures stand where the log has them."
    return replace(recording, lanes=(lane,), ordered=True, notes=(*recording.notes, note))


def _aligned(ids: Sequence[NodeId], letters: str, torn_down: set[NodeId]) -> list[Seen] | None:
    """Give each test its letter, None where they do not fit; a failed teardown has a letter of its own."""
    rest = [letter for letter in letters if letter in _LETTERS]  # reruns and subtests are no tests
    tests: list[Seen] = []
    for nodeid in ids:
        if not rest:
            return None
        outcome = _LETTERS[rest.pop(0)]
        if nodeid in torn_down:
            if rest[:1] != ["E"]:
                return None
            rest.pop(0)
            outcome = "failed" if outcome == "failed" else "error"
        tests.append(Seen(nodeid, outcome))
    return None if rest else tests
