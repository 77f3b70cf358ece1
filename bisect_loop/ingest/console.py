"""pytest's console output, out of a CI log."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field, replace

from bisect_loop.ingest.clean import cleaned, is_session_header
from bisect_loop.ingest.progress import CRASH, Progress
from bisect_loop.ingest.recording import MAIN, Failure, Lane, LogError, Recording, Seen
from bisect_loop.ingest.tracebacks import Section, failures_of, read_sections, read_summary, split_summary

_PART = re.compile(r"={3,} (?P<title>.+?) ={3,}")
_PLATFORM = re.compile(r"platform \S+ -- Python (?P<python>\S+), pytest-(?P<pytest>[^\s,]+).*")
_SEED = re.compile(r"Using --randomly-seed=(?P<seed>\d+)\s*")
_OTHER_SEED = re.compile(r"Using --random-order-seed=(?P<seed>\S+)\s*")
_ROOT = re.compile(r"rootdir: (?P<root>.*?)(?:, (?:configfile|inifile|testpaths): .*)?\s*")
_PLUGINS = re.compile(r"plugins: (?P<plugins>.*?)\s*")
_WORKERS = re.compile(r"(?P<count>\d+) workers? \[(?P<items>\d+) items?\].*")
_OLD_WORKERS = re.compile(r"gw0 \[(?P<items>\d+)\](?: / gw\d+ \[\d+\])*\s*")
_SCHEDULING = re.compile(r"scheduling tests via (?P<name>\w+?)(?:Scheduling)?\s*")
_COLLECTED = re.compile(r"(?:collecting .*)?collected (?P<count>\d+) items?.*?(?:/ (?P<selected>\d+) selected)?\s*")
_COUNTED = r"\d+ [a-z]+(?: [a-z]+)*"
_TOTALS = re.compile(
    rf"(?:=+ )?(?:(?:{_COUNTED}, )*{_COUNTED}|no tests ran) in [\d.:]+ ?s(?:econds)?(?: \([^)]*\))?(?: =+)?"
)
_COUNT = re.compile(r"(\d+) (passed|failed|errors?|skipped|xfailed|xpassed|rerun|deselected)")
_SUGAR = re.compile(r"\s*\S+\.py(?:::\S+)? .*?\d+% [\u2588-\u258f ]+")
_DIST = {"load": "load", "loadscope": "loadscope", "loadfile": "loadfile", "loadgroup": "loadgroup"}
_DIST |= {"worksteal": "worksteal", "workstealing": "worksteal", "each": "each"}


@dataclass
class _Session:
    line: int
    headed: bool = True  # pytest's first line is in the log
    progress: Progress = field(default_factory=Progress)
    facts: dict[str, str] = field(default_factory=dict)
    parts: dict[str, list[str]] = field(default_factory=dict)
    totals: str = ""
    notes: list[str] = field(default_factory=list)


def looks_like(text: str) -> bool:
    """Console output is what is left when nothing else fits."""
    return bool(text.strip())


def read(text: str) -> Recording:
    """Return the run in a console log: of several the last that failed, else the last. LogError where none is."""
    sessions = [_finished(session) for session in _sessions(text)]
    recordings = [recording for recording in sessions if recording.lanes or recording.files or recording.failed]
    if not recordings:
        raise LogError(_nothing_found(text))
    chosen = next((recording for recording in reversed(recordings) if recording.failed), recordings[-1])
    if len(recordings) == 1:
        return chosen
    which = f"The log holds {len(recordings)} runs of pytest; the one that begins at line {chosen.line} is read."
    return _with_notes(chosen, which)


def _sessions(text: str) -> list[_Session]:
    """Cut the log at pytest's first lines; one inside of a traceback (pytest tested with pytest) does not count."""
    current = _Session(1, headed=False)
    found = [current]
    part, inner = "", 0
    for number, line in cleaned(text):
        bare = line.strip()
        if is_session_header(line):
            if part in ("FAILURES", "ERRORS"):
                inner += 1
            else:
                current, part = _Session(number), ""
                found.append(current)
        elif _TOTALS.fullmatch(bare):
            if inner:
                inner -= 1
            else:
                current.totals, part = bare, "after"
        elif inner:
            continue
        elif match := _PART.fullmatch(bare):
            part = match["title"]
        elif part == "after" and Progress.begins(line):
            # With -q pytest writes no first line.
            current, part = _Session(number, headed=False), ""
            found.append(current)
            current.progress.take(line)
        elif part:
            current.parts.setdefault(part, []).append(line)
        elif not _fact(line, current):
            current.progress.take(line)
    # What stands before the first run is the output of other programs.
    return found[1:] if len(found) > 1 and not found[0].progress.lanes else found


def _fact(line: str, session: _Session) -> bool:
    """Take a line of the header; tell whether it was one."""
    facts = session.facts
    if match := _PLATFORM.fullmatch(line):
        facts["python"], facts["pytest"] = match["python"], match["pytest"]
    elif match := _SEED.fullmatch(line):
        facts["seed"] = match["seed"]
    elif match := _OTHER_SEED.fullmatch(line):
        facts["order seed"] = match["seed"]
    elif match := _ROOT.fullmatch(line):
        facts["root"] = match["root"]
    elif match := _PLUGINS.fullmatch(line):
        facts["plugins"] = match["plugins"]
    elif match := _WORKERS.fullmatch(line):
        facts["workers"], facts["items"] = match["count"], match["items"]
    elif match := _OLD_WORKERS.fullmatch(line):
        facts["workers"], facts["items"] = str(line.count("gw")), match["items"]
    elif match := _SCHEDULING.fullmatch(line):
        facts["dist"] = _DIST.get(match["name"].lower(), match["name"].lower())
    elif match := _COLLECTED.fullmatch(line):
        facts["items"] = match["selected"] or match["count"]
    else:
        return False
    return True


def _finished(session: _Session) -> Recording:
    progress, facts = session.progress, session.facts
    progress.close(cut_off=not session.totals and not session.parts)
    for line in session.parts.get("FAILURES", ()):
        if match := CRASH.search(line):
            progress.crash(match["worker"], match["id"])
    # A line of one process among those of workers is a print that looked like one.
    workers = [worker for worker in progress.lanes if worker != MAIN]
    lanes = tuple(
        Lane(worker, tuple(tests))
        for worker, tests in sorted(progress.lanes.items(), key=lambda item: (len(item[0]), item[0]))
        if tests and (worker != MAIN or not workers)
    )
    sections = [
        section
        for title, errors in (("ERRORS", True), ("FAILURES", False))
        for section in read_sections(session.parts.get(title, ()), errors=errors)
    ]
    summary = read_summary(session.parts.get("short test summary info", ()))
    ids = [nodeid for lane in lanes for nodeid in lane.order]
    # A file whose collection failed is in the summary as well; it is no test.
    summary = [(word, line) for word, line in summary if "::" in split_summary(line, ids)[0]]
    # Of unittest's subTest only the summary says that it failed.
    called = {split_summary(line, ids)[0] for word, line in summary if word == "FAILED"}
    lanes = tuple(Lane(lane.worker, tuple(_corrected(test, called) for test in lane.tests)) for lane in lanes)
    failures = [_crash(failure, progress) for failure in failures_of(sections, summary, lanes)]
    failed = dict.fromkeys((*(n for lane in lanes for n in lane.failed), *(f.nodeid for f in failures)))
    recording = Recording(
        format="console",
        lanes=lanes,
        ordered=bool(lanes),
        files=() if lanes else tuple(progress.files),
        failures=tuple(failures),
        failed=tuple(failed),
        crashed=tuple(progress.crashed),
        seed=int(facts["seed"]) if "seed" in facts else None,
        dist=facts.get("dist") or ("load" if workers else None),
        workers=int(facts["workers"]) if "workers" in facts else len(workers) or None,
        collected=int(facts["items"]) if "items" in facts else None,
        plugins=tuple(re.split(r",\s*", facts["plugins"])) if facts.get("plugins") else (),
        python=facts.get("python", ""),
        pytest=facts.get("pytest", ""),
        rootdir=facts.get("root", ""),
        line=session.line,
    )
    return _with_notes(recording, *_notes(session, recording, sections))


def _crash(failure: Failure, progress: Progress) -> Failure:
    """What a worker's death leaves is no traceback: name it as runners name it."""
    return replace(failure, type="Crash") if failure.nodeid in progress.crashed else failure


def _corrected(test: Seen, failed: set[str]) -> Seen:
    return replace(test, outcome="failed", phase="call") if test.outcome == "passed" and test.nodeid in failed else test


def _notes(session: _Session, recording: Recording, sections: list[Section]) -> list[str]:
    notes: list[str] = []
    progress = session.progress
    if not recording.lanes:
        if progress.files:
            notes.append(
                "The log shows dots: the order of the files and which tests failed are known, the order inside of a"
                " file is not."
            )
        elif progress.loose_letters:
            notes.append(
                "The log shows dots without file names: no order is known; run CI with -v to have it in the log."
            )
    if "order seed" in session.facts:
        notes.append(f"pytest-random-order shuffled with the seed {session.facts['order seed']}.")
    if progress.interleaved and any(lane.worker == MAIN for lane in recording.lanes):
        notes.append(
            f"{progress.interleaved} outcomes stood behind what the tests printed; their ids were cut at the first"
            " blank."
        )
    unknown = sum(test.outcome == "unknown" for lane in recording.lanes for test in lane.tests)
    if unknown:
        notes.append(f"The outcome of {unknown} tests is lost among what was printed.")
    notes += [
        f"The log ends while {t.nodeid} runs."
        for lane in recording.lanes
        for t in lane.tests
        if t.outcome == "unfinished"
    ]
    notes += [f"A worker crashed while it ran {nodeid}." for nodeid in progress.crashed]
    # Subtests are counted with the tests, and are none.
    if session.totals and recording.lanes and not progress.subtests:
        notes += _differences(session.totals, recording)
    named = {failure.nodeid for failure in recording.failures}
    lost = len(sections) - sum(bool(failure.type or failure.message) for failure in recording.failures)
    if lost > 0 and not named:
        notes.append(f"{lost} tracebacks could not be told to belong to a test.")
    return notes


def _differences(totals: str, recording: Recording) -> list[str]:
    """Compare pytest's own count with what was read: a log may be cut, or its lines torn."""
    counted = Counter(test.outcome for lane in recording.lanes for test in lane.tests)
    said = {
        word.rstrip("s") if word.startswith("error") else word: int(count) for count, word in _COUNT.findall(totals)
    }
    ran = sum(said.get(word, 0) for word in ("passed", "failed", "skipped", "xfailed", "xpassed"))
    read_ran = sum(counted[word] for word in ("passed", "failed", "skipped", "xfailed", "xpassed"))
    # A test whose teardown fails is counted as passed and as an error; one whose setup fails as an error only.
    read_ran += sum(t.outcome == "error" and t.phase == "teardown" for lane in recording.lanes for t in lane.tests)
    if ran == read_ran:
        return []
    return [
        f"pytest counted {ran} tests that ran to their call's end, and the log shows {read_ran}: lines are missing or"
        " torn."
    ]


def _with_notes(recording: Recording, *notes: str) -> Recording:
    return replace(recording, notes=(*recording.notes, *notes))


def _nothing_found(text: str) -> str:
    if any(_SUGAR.fullmatch(line) for _, line in cleaned(text)):
        return "The log is pytest-sugar's, which shows no order: run CI with -p no:sugar -v and give that log."
    if any(is_session_header(line) for _, line in cleaned(text)):
        return "The log has a run of pytest in which no test ran: give the log of the job that failed."
    return "No run of pytest is in the log: give the whole log of the job, or the JUnit XML that it wrote."
