"""The lines that pytest writes as tests end: `-v` in one process, `-v` under xdist, and dots."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from bisect_loop.ingest.recording import MAIN, FileRun, Seen, SeenAs

_WORDS: dict[str, SeenAs] = {
    "PASSED": "passed",
    "FAILED": "failed",
    "ERROR": "error",
    "SKIPPED": "skipped",
    "XFAIL": "xfailed",
    "xfail": "xfailed",
    "XPASS": "xpassed",
    "RERUN": "rerun",
}
_WORD = r"(?P<word>PASSED|FAILED|ERROR|SKIPPED|XFAIL|XPASS|RERUN)"
_TAIL = r"(?:\s*\[\s*(?:\d+%|\d+/\d+)\s*\]|\s+\d[\d.]*\s?(?:us|ms|s|m|h)\b.*)?\s*"
_REASON = r"(?: \((?P<reason>.*)\))?"

_WORKER_LINE = re.compile(rf"\[(?P<worker>gw\d+)\] (?:\[[^\]]*\] )?{_WORD} (?P<id>\S.*?)\s*")
_WORKER_SUBTEST = re.compile(r"\[gw\d+\] (?:\[[^\]]*\] )?(?P<word>SUB[A-Z]+)\b.*? (?P<id>[^\s(\[]\S*\.\w+::.*?)\s*")
_DONE = re.compile(rf"(?P<id>\S.*?::.*?) {_WORD}{_REASON}{_TAIL}")
_DONE_WRAPPED = re.compile(r"(?P<id>\S.*?::.*?) (?P<word>SKIPPED|XFAIL|XPASS) \(.*")
_SUBTEST = re.compile(rf"(?P<id>\S.*?::.*?) (?:\[.*\] )?(?P<word>SUB(?:PASS|FAIL|SKIP|XFAIL|XPASS)[A-Z]*)\b.*{_TAIL}")
_STARTED = re.compile(r"(?P<id>[^\s:][^:]*\.\w+::\S.*?)\s*")
_ENDS = re.compile(rf"{_WORD}{_REASON}{_TAIL}")
_MAY_END = re.compile(rf".*?{_WORD}{_REASON}{_TAIL}")
_TORN = re.compile(rf"(?=\[gw\d+\] \[\s*[\d/]+%?\s*\] {_WORD} )")
_LETTERS = r"[.FEsxXRuUpP,-]+"
_DOTS = re.compile(rf"(?P<letters>{_LETTERS})\s*(?:\[\s*(?:\d+%|\d+/\d+)\s*\])?\s*")
_DOTS_OF_FILE = re.compile(rf"(?P<file>\S.*?\.py|\S+\.(?:rst|txt|md|ipynb|feature|ya?ml|json)) {_DOTS.pattern}")
CRASH = re.compile(r"worker '(?P<worker>gw\d+)' crashed while running '(?P<id>.+)'")
_REPLACED = re.compile(r"replacing crashed worker (?P<worker>gw\d+)")
_FROM_BASE = re.compile(r"(.*?) <- \S+")


@dataclass
class Progress:
    """Takes the lines of one session, one after the other."""

    lanes: dict[str, list[Seen]] = field(default_factory=dict)
    files: list[FileRun] = field(default_factory=list)
    loose_letters: str = ""
    crashed: list[str] = field(default_factory=list)
    interleaved: int = 0
    subtests: int = 0
    _failed_in_part: set[str] = field(default_factory=set)
    _pending: str = ""  # an id whose outcome has not come yet
    _weak: str = ""  # an outcome word at the end of something printed: the test's, or its own print
    _after_file: bool = False

    def take(self, line: str) -> bool:
        """Take one line; tell whether it was a line of progress."""
        starts = [match.start() for match in _TORN.finditer(line)] if "[gw" in line else []
        if starts and (len(starts) > 1 or starts[0] > 0):
            # Two workers' lines, or a print and a line, without the line feed between them.
            for start, end in zip(starts, [*starts[1:], len(line)], strict=True):
                self._one(line[start:end])
            return True
        return self._one(line)

    @staticmethod
    def begins(line: str) -> bool:
        """Tell whether `line` alone shows that pytest is at work."""
        if match := _DOTS_OF_FILE.fullmatch(line):
            return " " not in match["file"]
        return any(pattern.fullmatch(line) for pattern in (_WORKER_LINE, _DONE))

    def _one(self, line: str) -> bool:
        if match := _WORKER_LINE.fullmatch(line):
            # Under xdist a test's id stands alone when it is handed out; that says nothing of its end.
            self._pending = ""
            self._add(match["worker"], match["id"], match["word"])
            return True
        if "SUB" in line and (match := _WORKER_SUBTEST.fullmatch(line) or _SUBTEST.fullmatch(line)):
            self.subtests += 1
            if match["word"].startswith("SUBFAIL"):
                self._failed_in_part.add(match["id"])
            return True
        if match := CRASH.search(line):
            self.crash(match["worker"], match["id"])
            return True
        if "::" not in line:
            return self._end(line) if self._pending else self._dots(line)
        match = _done(line)
        if match and _STARTED.match(line):
            self._drop_pending(match["id"])
            self._add(MAIN, match["id"], match["word"])
            return True
        if match := _STARTED.fullmatch(line):
            self._drop_pending("")
            self._pending = match["id"]
            printed = match["id"][len(_first_word(match["id"])) :]
            if printed and (ended := _MAY_END.fullmatch(printed)):
                self._weak = ended["word"]
            return True
        return self._end(line)

    def close(self, *, cut_off: bool) -> None:
        """The progress is over; with `cut_off` because the log ends."""
        if self._pending and not self._under_workers:
            self._lost(cut_off=cut_off)
        self._pending = self._weak = ""

    @property
    def _under_workers(self) -> bool:
        return any(worker != MAIN for worker in self.lanes)

    def _add(self, worker: str, text: str, word: str, *, raw: str = "", cut_off: bool = False) -> None:
        nodeid = match[1] if (match := _FROM_BASE.fullmatch(text)) else text
        outcome: SeenAs = _WORDS[word] if word else "unfinished" if cut_off else "unknown"
        lane = self.lanes.setdefault(worker, [])
        last = lane[-1] if lane else None
        if outcome == "error":
            # The same test a second time is its teardown, which comes right after its call.
            again = last is not None and last.nodeid == nodeid and last.outcome != "rerun"
            if again and last is not None and last.outcome != "error":
                if last.outcome == "failed":
                    return
                del lane[-1]
            lane.append(Seen(nodeid, "error", "teardown" if again else "setup", raw or text))
            return
        if outcome == "passed" and nodeid in self._failed_in_part:
            outcome = "failed"  # unittest's subTest fails in part, and pytest calls the whole passed
        lane.append(Seen(nodeid, outcome, "call" if outcome == "failed" else None, raw or text))

    def _drop_pending(self, nodeid: str) -> None:
        """Another test's line came while one had no end: its outcome was lost among its prints."""
        if self._pending and not self._under_workers and not nodeid.startswith(_first_word(self._pending)):
            self._lost()
        self._pending = self._weak = ""

    def _lost(self, *, cut_off: bool = False) -> None:
        self.interleaved += bool(self._weak)
        self._add(MAIN, _first_word(self._pending), self._weak, raw=self._pending, cut_off=cut_off)

    def _end(self, line: str) -> bool:
        """The outcome of a test that prints: alone on its line it is pytest's; behind a print it may be the test's."""
        if not self._pending:
            return False
        if match := _ENDS.fullmatch(line):
            self.interleaved += 1
            self._add(MAIN, _first_word(self._pending), match["word"], raw=self._pending)
            self._pending = self._weak = ""
            return True
        if match := _MAY_END.fullmatch(line):
            self._weak = match["word"]
        return False

    def crash(self, worker: str, nodeid: str) -> None:
        if nodeid not in self.crashed:
            self.crashed.append(nodeid)
        lane = self.lanes.setdefault(worker, [])
        if not any(seen.nodeid == nodeid for seen in lane):
            lane.append(Seen(nodeid, "failed", None, nodeid))

    def _dots(self, line: str) -> bool:
        if match := _DOTS_OF_FILE.fullmatch(line):
            if self.files and self.files[-1].file == match["file"]:
                self._more(match["letters"])
            else:
                self.files.append(FileRun(match["file"], match["letters"]))
            self._after_file = True
            return True
        if match := _DOTS.fullmatch(line):
            if self._after_file and self.files:
                self._more(match["letters"])
            else:
                self.loose_letters += match["letters"]
            return True
        return False

    def _more(self, letters: str) -> None:
        last = self.files[-1]
        self.files[-1] = FileRun(last.file, last.letters + letters)


def _done(line: str) -> re.Match[str] | None:
    """Match a line with an id and its outcome. An id may hold outcome words: one with a "[" ends in "]"."""
    first = match = _DONE.fullmatch(line) or _DONE_WRAPPED.fullmatch(line)
    while match and "[" in match["id"] and not match["id"].endswith("]"):
        at = match.end("word")
        match = re.compile(rf"(?P<id>\S.{{{at - 1},}}?) {_WORD}{_REASON}{_TAIL}").fullmatch(line)
    return match or first


def _first_word(text: str) -> str:
    """Return an id without what was printed behind it: it ends at the first blank outside of brackets."""
    depth = 0
    for at, char in enumerate(text):
        depth += {"[": 1, "]": -1}.get(char, 0)
        if char == " " and depth <= 0:
            return text[:at]
    return text
