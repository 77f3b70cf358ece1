"""From what CI left behind to the orders that it ran: console logs, JUnit XML, order files.

recording = read_log(text)                        lanes, failures, seed, and notes on what stays open
resolution = resolve(recording, collected_ids)    the same in terms of the tests that are collected here
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from bisect_loop.ingest import console, junit
from bisect_loop.ingest.match import Resolution, resolve
from bisect_loop.ingest.recording import Failure, FileRun, Lane, LogError, Recording, Seen

# A further format is a line here: how to know it, and how to read it. The first that knows the text reads it.
FORMATS: tuple[tuple[str, Callable[[str], bool], Callable[[str], Recording]], ...] = (
    ("junit", junit.looks_like, junit.read),
    ("console", console.looks_like, console.read),
)


def read_log(text: str) -> Recording:
    """Return the run that a console log or a JUnit XML file tells of.

    A log may be as CI keeps it: colours, timestamps, section marks and container names are taken off. Raises
    LogError, one sentence, where no run of pytest is in it.
    """
    for _, knows, read in FORMATS:
        if knows(text):
            return read(text)
    raise LogError("The log is empty: give the log of the job that failed.")


def read_log_file(path: Path) -> Recording:
    """Return the run in the file `path`, in UTF-8 or UTF-16 (PowerShell writes that). Raises LogError."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise LogError(f"{path} cannot be read ({error.strerror}): check the path.") from error
    if data.startswith(b"PK\x03\x04"):
        raise LogError(f"{path} is a zip archive: unpack it, and give the log of the job that failed.")
    wide = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    return read_log(data.decode("utf-16" if wide else "utf-8-sig", errors="replace"))


__all__ = [
    "FORMATS",
    "Failure",
    "FileRun",
    "Lane",
    "LogError",
    "Recording",
    "Resolution",
    "Seen",
    "read_log",
    "read_log_file",
    "resolve",
]
